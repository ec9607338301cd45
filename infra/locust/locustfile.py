"""The story of a customer: registers, signs in, browses, fills a cart, orders, looks at the profile.

Parts of it alone by their tags (browse, cart, order), steps of load with steps.py beside this file.
Every run ends with a check that units sold equal orders: for each product that the run touched, what
left the stock is what stands in the run's orders. The run fails when a request or the check fails.
"""

import random
import threading
import uuid
from collections import Counter

import reach  # noqa: F401 - mends the page when Locust starts
from locust import HttpUser, between, events, tag, task
from results import results

CATEGORIES = [
    "Фрукты",
    "Овощи",
    "Мясо",
    "Молочные продукты",
    "Хлеб",
    "Напитки",
    "Сладости",
    "Замороженные товары",
]
PAGE = 20


class Ledger:
    """What this run knows of the stock: each product before its first order here, and every order."""

    def __init__(self):
        self._lock = threading.Lock()
        self.initial = {}
        self.orders = {}

    def first_seen(self, product_id, stock):
        with self._lock:
            self.initial.setdefault(product_id, stock)

    def ordered(self, order):
        with self._lock:
            self.orders[order["id"]] = {i["product_id"]: i["quantity"] for i in order["items"]}


ledger = Ledger()


class Customer(HttpUser):
    wait_time = between(0.2, 1.0)

    def on_start(self):
        name = f"locust_{uuid.uuid4().hex[:16]}"
        password = uuid.uuid4().hex
        person = {"username": name, "password": password, "full_name": "Locust Customer"}
        self.client.post("/user-api/users/register", json=person, name="register")
        answer = self.client.post(
            "/user-api/token", data={"username": name, "password": password}, name="token"
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.my_orders = []

    @tag("browse")
    @task(10)
    def browse_products(self):
        self.client.get("/api/products/categories/list", name="categories")
        page = self.random_page()
        if page:
            self.look_at(random.choice(page))

    @tag("cart")
    @task(5)
    def manage_cart(self):
        line = self.add_to_cart()
        if line is None:
            return
        self.cart("get", "/cart-api/cart/", name="cart")
        dice = random.random()
        path = f"/cart-api/cart/items/{line['id']}"
        if dice < 0.3:
            self.cart("put", path, name="cart: change", json={"quantity": random.randint(1, 3)})
        elif dice < 0.5:
            self.cart("delete", path, name="cart: remove")

    @tag("order")
    @task(1)
    def place_order(self):
        if self.add_to_cart() is None:
            return
        self.checkout()
        for order in self.my_orders[-3:]:
            self.client.get(f"/order-api/orders/{order}", headers=self.headers, name="order")
        self.client.get("/user-api/users/me/profile", headers=self.headers, name="profile")

    def checkout(self):
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        with self.client.post(
            "/cart-api/cart/checkout", headers=headers, name="checkout", catch_response=True
        ) as answer:
            if answer.status_code == 200:
                order = answer.json()
                ledger.ordered(order)
                results.ordered(order)
                self.my_orders.append(order["id"])
            elif answer.status_code == 409 and answer.json().get("code") == "out_of_stock":
                # Sold out meanwhile: an answer like another, and no failure of the shop.
                results.refused()
                answer.success()

    def random_page(self):
        query = {"category": random.choice(CATEGORIES), "skip": 0, "limit": PAGE}
        query["skip"] = PAGE * random.randint(0, 60)
        answer = self.client.get("/api/products/", params=query, name="products")
        return answer.json()["items"] if answer.status_code == 200 else []

    def look_at(self, item):
        """The product as it is now; remembers its stock before anybody here can have ordered it."""
        path = f"/api/products/{item['product_id']}"
        answer = self.client.get(path, name="product")
        if answer.status_code != 200:
            return None
        product = answer.json()
        ledger.first_seen(product["product_id"], product["stock_count"])
        return product

    def add_to_cart(self):
        page = self.random_page()
        product = self.look_at(random.choice(page)) if page else None
        if product is None:
            return None
        line = {"product_id": product["product_id"], "quantity": random.randint(1, 3)}
        answer = self.cart("post", "/cart-api/cart/items", name="cart: add", json=line)
        return answer.json() if answer.status_code == 200 else None

    def cart(self, method, path, **kwargs):
        return getattr(self.client, method)(path, headers=self.headers, **kwargs)


@events.test_stop.add_listener
def units_sold_equal_orders(environment, **_kwargs):
    """Compares the stock with the orders; a difference fails the run."""
    import requests

    host = environment.host.rstrip("/")
    session = requests.Session()
    admin = {"username": "admin", "password": "admin123"}
    token = session.post(f"{host}/user-api/token", data=admin, timeout=10).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    wrong = []
    sold = Counter()
    for order_id, lines in ledger.orders.items():
        answer = session.get(f"{host}/order-api/orders/{order_id}", timeout=10)
        if answer.status_code != 200:
            wrong.append(f"order {order_id} answers {answer.status_code}")
        elif answer.json()["status"] != "CANCELLED":
            sold.update(lines)
    for product_id, before in ledger.initial.items():
        now = session.get(f"{host}/api/products/{product_id}", timeout=10).json()["stock_count"]
        if before - now != sold[product_id]:
            wrong.append(f"product {product_id}: {before - now} left the stock, {sold[product_id]} ordered")

    units = sum(sold.values())
    print(f"{len(ledger.orders)} orders, {units} units, {len(ledger.initial)} products checked")
    for line in wrong[:20]:
        print(f"MISMATCH {line}")
    if wrong or not ledger.orders:
        print("FAILED: units sold do not equal orders" if wrong else "FAILED: the run made no order")
        environment.process_exit_code = 1
    else:
        print("OK: units sold equal orders")
