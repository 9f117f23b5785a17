"""What keeps trouble of the API from becoming trouble of ours: bulkhead, circuit breaker, rate limiter, deadline."""
