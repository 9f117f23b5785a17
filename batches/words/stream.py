"""How the dashboard speaks of the stream of the trail."""

from trail.models import StreamProblem

PROBLEMS = {
    StreamProblem.REFUSED: "it refuses deliveries",
    StreamProblem.REDIRECTED: "it redirects to another address",
    StreamProblem.TIMED_OUT: "it does not answer in time",
    StreamProblem.UNREACHABLE: "nothing answers at its address",
}


def stream_problem(problem: StreamProblem, status: int | None = None) -> str:
    """Return why a delivery failed, with the HTTP status if there was one."""
    return PROBLEMS[problem] + (f" (HTTP {status})" if status else "")
