"""What schemathesis cannot know of the shop: real product ids and tokens that may be spent. Counts cases."""
import atexit
import json
import os
import uuid
from itertools import count, cycle

import schemathesis

# Products that exist; half of all generated product ids become one of them.
PRODUCTS = [each for each in os.environ.get("SHOP_PRODUCTS", "").split(",") if each]
# Each ends a session of its own, so that the run's token stays good.
SPARE_TOKENS = cycle([each for each in os.environ.get("SHOP_SPARE_TOKENS", "").split(",") if each] or [""])
ENDS_SESSIONS = {"/logout", "/logout-all"}
UNICODE_CLASSES = "\\p{C}\\p{DI}\\u2800"
# Each call's idempotency key is its own, over all parts of a run: each has a seed of its own.
KEYS = count()

cases = 0
negative = 0
statuses = {}

# What follows from an answer without an id in a path, which is all that the tool sees by itself.
LINKS = {
    "/users/register": {
        "SignIn": {
            "operationId": "create_token",
            "requestBody": {
                "grant_type": "password",
                "username": "$response.body#/username",
                "password": "$request.body#/password",
            },
        }
    },
    "/token": {
        "Refresh": {
            "operationId": "create_token",
            "requestBody": {"grant_type": "refresh_token", "refresh_token": "$response.body#/refresh_token"},
        }
    },
}


def known(value):
    """A product that exists for half of the ids that the generator made up; the shop's own stay."""
    try:
        given = uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return value
    # Versions 7 and 5 are of the shop: created, and seeded.
    if not PRODUCTS or given.version in (5, 7) or given.int % 2:
        return value
    return PRODUCTS[(given.int >> 8) % len(PRODUCTS)]


def plain(value):
    """Numbers of a query are digits: neither exponents nor more than a float holds exactly are read."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) < 0.01:
        return 0 if isinstance(value, float) else value
    bounded = max(min(value, 10**14), -(10**14))
    return bounded if isinstance(value, int) else round(bounded, 2)


def shop_value(key, value):
    if key == "product_id":
        return known(value)
    # At most two decimals is a rule that floats cannot state as "multipleOf".
    if key in ("price", "expected_total") and isinstance(value, float) and 0 < value <= 1e12:
        return round(value, 2)
    return with_known_products(value)


def with_known_products(value):
    if isinstance(value, dict):
        return {key: shop_value(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [with_known_products(each) for each in value]
    return value


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Classes of Unicode cannot be generated from: wider ones stand in, and what they refuse is refused. Adds links."""

    def widen(value):
        if isinstance(value, dict):
            if isinstance(value.get("pattern"), str):
                value["pattern"] = value["pattern"].replace(UNICODE_CLASSES, "\\u0000-\\u001f\\u007f-\\u009f")
            for each in value.values():
                widen(each)
        elif isinstance(value, list):
            for each in value:
                widen(each)

    widen(raw_schema)
    for path, links in LINKS.items():
        if path in raw_schema["paths"]:
            raw_schema["paths"][path]["post"]["responses"]["200"]["links"] = links


@schemathesis.hook
def before_call(context, case, kwargs):
    case.body = with_known_products(case.body)
    # A form cannot say null.
    if case.media_type == "application/x-www-form-urlencoded" and isinstance(case.body, dict):
        case.body = {name: value for name, value in case.body.items() if value is not None}
    case.query = {name: plain(value) for name, value in case.query.items()}
    # One rules out the other, which a schema of single parameters cannot say.
    if "cursor" in case.query:
        case.query.pop("skip", None)
    # A key belongs to one body; a key that every case repeats would be all that is ever tested.
    key = case.headers.get("Idempotency-Key") if case.headers else None
    if isinstance(key, str) and 1 <= len(key) <= 200 and all("!" <= each <= "~" for each in key):
        case.headers["Idempotency-Key"] = f"{key}-{os.environ['SHOP_SEED']}-{next(KEYS)}"
    parameters = case.path_parameters
    # Not where it would be deleted: the other steps want to meet it.
    if "id" in parameters and (case.method == "GET" or "/products/" not in case.path):
        parameters["id"] = known(parameters["id"])


@schemathesis.auth(refresh_interval=None)
class Tokens:
    def get(self, case, context):
        return next(SPARE_TOKENS) if case.path in ENDS_SESSIONS else os.environ["SHOP_TOKEN"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """431 is the engine's own refusal of a head past 16 KiB, before there is a request to answer."""
    return response.status_code != 431


@schemathesis.hook
def after_call(context, case, response):
    global cases, negative
    cases += 1
    if case.meta is not None and case.meta.generation.mode.is_negative:
        negative += 1
    statuses[response.status_code] = statuses.get(response.status_code, 0) + 1


@atexit.register
def write_count():
    with open(os.environ["SHOP_COUNT_FILE"], "w", encoding="utf-8") as file:
        json.dump({"cases": cases, "negative": negative, "statuses": statuses}, file)
