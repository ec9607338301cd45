"""Load in steps: so many more users every so many seconds, to see where the shop begins to bend.

Given beside the story, as a shape takes the place of the fixed number of users:

    locust -f infra/locust/locustfile.py,infra/locust/steps.py
"""

from locust import LoadTestShape, events


@events.init_command_line_parser.add_listener
def add_options(parser):
    parser.add_argument("--step-users", type=int, default=10, help="users that each step adds")
    parser.add_argument("--step-time", type=int, default=30, help="seconds of a step")
    parser.add_argument("--step-count", type=int, default=5, help="steps of a run")


class Steps(LoadTestShape):
    def tick(self):
        options = self.runner.environment.parsed_options
        step = int(self.get_run_time() // options.step_time)
        if step >= options.step_count:
            return None
        return ((step + 1) * options.step_users, options.step_users)
