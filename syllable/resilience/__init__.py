"""What keeps the API's trouble from becoming ours: bulkhead, circuit breaker, rate limiter, deadline."""
