"""What a run did to the shop, beside its response times: orders, units, money, refusals.

Shown as a tab "Shop" of the web page, in the CSV files' company, and as a line at the end of a run.
Counts what this process of Locust did; workers of a distributed run report for themselves.
"""

import json
import threading

from locust import events


class Results:
    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self.orders = self.units = self.revenue = self.sold_out = 0

    def ordered(self, order):
        with self._lock:
            self.orders += 1
            self.units += sum(item["quantity"] for item in order["items"])
            # Money is added up in minor units, as floats would drift.
            self.revenue += round(order["total"] * 100)

    def refused(self):
        with self._lock:
            self.sold_out += 1

    def rows(self):
        with self._lock:
            return [
                {"result": "Orders placed", "value": str(self.orders)},
                {"result": "Units ordered", "value": str(self.units)},
                {"result": "Revenue", "value": f"{self.revenue / 100:.2f}"},
                {"result": "Checkouts refused, as stock was short", "value": str(self.sold_out)},
            ]


results = Results()


@events.test_start.add_listener
def begin(**_kwargs):
    results.reset()


@events.test_stop.add_listener
def tell(**_kwargs):
    print("; ".join(f"{row['result'].lower()}: {row['value']}" for row in results.rows()))


@events.init.add_listener
def add_tab(environment, **_kwargs):
    if environment.web_ui is None:
        return
    key = "shop-results"
    columns = [{"key": "result", "title": "Result"}, {"key": "value", "title": "Value"}]
    arguments = environment.web_ui.template_args
    arguments["extendedTabs"] = [{"title": "Shop", "key": key}]
    arguments["extendedTables"] = [{"key": key, "structure": columns}]

    # The page asks for the statistics every few seconds and draws what it finds in them.
    @environment.web_ui.app.after_request
    def add_results(response):
        from flask import request

        if request.path.endswith("/stats/requests") and response.is_json:
            extended = [{"key": key, "data": results.rows()}]
            response.set_data(json.dumps({**response.json, "extendedStats": extended}))
        return response
