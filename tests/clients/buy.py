"""A purchase by the clients that openapi-python-client generates: register, sign in, add to the cart,
check out, read the order. Prints what it paid, as its own types read it."""

import json
import sys
from uuid import UUID

from cart_client import AuthenticatedClient as CartClient
from cart_client.api.cart import add_to_cart, checkout
from cart_client.models import NewCartItem
from catalog_client import Client as CatalogClient
from catalog_client.api.products import get_product
from order_client import AuthenticatedClient as OrderClient
from order_client.api.orders import get_order
from user_client import Client as UserClient
from user_client.api.accounts import create_token, register_user
from user_client.models import Registration, TokenRequest

gateway, name, product = sys.argv[1], sys.argv[2], UUID(sys.argv[3])


def good(what, response):
    """The client has understood the answer as a success."""
    if response.status_code != 200 or response.parsed is None:
        sys.exit(f"{what}: {response.status_code} {response.content.decode()}")
    return response.parsed


def amount(value):
    return f"{value:.2f}"


users = UserClient(base_url=f"{gateway}/user-api")
registration = Registration(username=name, password="test123", full_name="Python Buyer")
good("register", register_user.sync_detailed(client=users, body=registration))
credentials = TokenRequest(username=name, password="test123")
token = good("sign in", create_token.sync_detailed(client=users, body=credentials)).access_token

products = CatalogClient(base_url=f"{gateway}/api")
shown = good("the product", get_product.sync_detailed(product, client=products))

carts = CartClient(base_url=f"{gateway}/cart-api", token=token)
line = NewCartItem(product_id=product, quantity=1)
good("add to the cart", add_to_cart.sync_detailed(client=carts, body=line))
# The body is optional, and its class has another name in each version.
ordered = good("check out", checkout.sync_detailed(client=carts, idempotency_key=f"{name}-1"))

orders = OrderClient(base_url=f"{gateway}/order-api", token=token)
answer = get_order.sync_detailed(ordered.id, client=orders)
read = good("read the order", answer)

print(
    json.dumps(
        {
            "price": amount(shown.price),
            "charged": amount(ordered.total),
            "read": amount(read.total),
            "line": amount(read.items[0].price),
            "body": answer.content.decode(),
        }
    )
)
