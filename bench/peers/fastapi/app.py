"""The same endpoints in plain FastAPI: pydantic, PyJWT with a cache of its own, prometheus_client."""

import base64
import json
import os
import sqlite3
import time
from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import jwt
from fastapi import FastAPI, Header, HTTPException, Query, Request, Response
from prometheus_client import Counter, Histogram
from pydantic import BaseModel

with open(os.environ["CONTENT"], encoding="utf-8") as file:
    content = json.load(file)

page = base64.b64decode(content["page"]["body"])
page_headers = content["page"]["headers"]


def database(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


catalog = database(content["catalog"])
cart = database(content["cart"])

requests = Counter("http_requests", "Requests answered", ["method", "route", "status"])
durations = Histogram(
    "http_request_duration_seconds",
    "Time from the request to its answer",
    ["method", "route"],
    buckets=[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10],
)


class Product(BaseModel):
    product_id: str
    name: str
    category: str
    price: float
    stock_count: int
    description: str | None
    manufacturer: str | None


class View(BaseModel):
    product_id: str
    viewed_at: str


class Observe:
    """Counts and times as plain ASGI, which costs less than FastAPI's own middleware."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watched(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope, receive, watched)
        route = getattr(scope.get("route"), "path", "unmatched")
        requests.labels(scope["method"], route, str(status)).inc()
        durations.labels(scope["method"], route).observe(time.perf_counter() - started)


app = FastAPI(openapi_url=None)
app.add_middleware(Observe)


@lru_cache(10_000)
def claims(token):
    return jwt.decode(
        token,
        content["publicKey"],
        algorithms=["EdDSA"],
        audience=content["audience"],
        issuer=content["issuer"],
    )


def user_of(authorization):
    if authorization is None or not authorization.startswith("Bearer "):
        raise HTTPException(401)
    try:
        known = claims(authorization[7:])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    if known["exp"] <= time.time():
        raise HTTPException(401)
    return known["sub"]


@app.get("/products/")
async def get_products(
    request: Request,
    category: str,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    sort_by: Literal["name", "price"] = "name",
    sort_order: Literal["asc", "desc"] = "asc",
):
    if request.url.query != content["query"]:
        raise HTTPException(404)
    return Response(page, headers=page_headers)


@app.get("/products/recent-views", response_model=list[View])
async def get_recent_views(authorization: Annotated[str | None, Header()] = None):
    rows = cart.execute(
        "SELECT product_id, viewed_at FROM recent_views WHERE user_id = ?",
        (user_of(authorization),),
    ).fetchall()
    rows.sort(key=lambda row: -row["viewed_at"])
    return [
        View(
            product_id=row["product_id"],
            viewed_at=datetime.fromtimestamp(row["viewed_at"] / 1000, timezone.utc)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
        )
        for row in rows
    ]


@app.get("/products/{product_id}", response_model=Product)
async def get_product(product_id: UUID, response: Response):
    key = str(product_id)
    row = catalog.execute(
        "SELECT id, name, category, price_minor, description, manufacturer, version, deleted"
        " FROM products WHERE id = ?",
        (key,),
    ).fetchone()
    if row is None or row["deleted"]:
        raise HTTPException(404)
    stock = catalog.execute("SELECT available FROM stock WHERE product_id = ?", (key,)).fetchone()
    available = stock["available"] if stock else 0
    response.headers.update(
        {
            "cache-control": "no-cache",
            "vary": "Accept-Encoding",
            "etag": f'"{row["version"]}.{available}"',
        }
    )
    return Product(
        product_id=row["id"],
        name=row["name"],
        category=row["category"],
        price=row["price_minor"] / 100,
        stock_count=available,
        description=row["description"],
        manufacturer=row["manufacturer"],
    )
