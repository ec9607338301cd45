// A purchase by the clients that oapi-codegen generates: register, sign in, add to the cart, check out,
// read the order. Prints what it paid, as its own types read it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"buy/cart"
	"buy/catalog"
	"buy/order"
	"buy/user"

	"github.com/google/uuid"
)

// What the gateway's address, the buyer's name and the product are, in this order.
func main() {
	gateway, name, product := os.Args[1], os.Args[2], uuid.MustParse(os.Args[3])
	ctx := context.Background()

	users := must(user.NewClientWithResponses(gateway + "/user-api"))
	registered := must(users.RegisterUserWithResponse(ctx, user.RegisterUserJSONRequestBody{
		Username: name, Password: "test123", FullName: "Go Buyer",
	}))
	found("register", registered.JSON200, registered.Body)
	grant, password := user.TokenRequestGrantType("password"), "test123"
	signedIn := must(users.CreateTokenWithFormdataBodyWithResponse(ctx, user.CreateTokenFormdataRequestBody{
		GrantType: &grant, Username: &name, Password: &password,
	}))
	found("sign in", signedIn.JSON200, signedIn.Body)
	withToken := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+signedIn.JSON200.AccessToken)
		return nil
	}

	products := must(catalog.NewClientWithResponses(gateway + "/api"))
	shown := must(products.GetProductWithResponse(ctx, product, nil))
	found("the product", shown.JSON200, shown.Body)

	carts := must(cart.NewClientWithResponses(gateway+"/cart-api", cart.WithRequestEditorFn(withToken)))
	added := must(carts.AddToCartWithResponse(ctx, cart.AddToCartJSONRequestBody{ProductId: product, Quantity: 1}))
	found("add to the cart", added.JSON200, added.Body)
	key := name + "-1"
	ordered := must(carts.CheckoutWithResponse(ctx, &cart.CheckoutParams{IdempotencyKey: &key}, cart.CheckoutJSONRequestBody{}))
	found("check out", ordered.JSON200, ordered.Body)

	orders := must(order.NewClientWithResponses(gateway+"/order-api", order.WithRequestEditorFn(withToken)))
	read := must(orders.GetOrderWithResponse(ctx, ordered.JSON200.Id))
	found("read the order", read.JSON200, read.Body)

	must(fmt.Println(string(must(json.Marshal(map[string]string{
		"price":   amount(float64(shown.JSON200.Price)),
		"charged": amount(float64(ordered.JSON200.Total)),
		"read":    amount(float64(read.JSON200.Total)),
		"line":    amount(float64(read.JSON200.Items[0].Price)),
		"body":    string(read.Body),
	})))))
}

func amount(value float64) string { return strconv.FormatFloat(value, 'f', 2, 64) }

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// The client has understood the answer as a success.
func found[T any](what string, answer *T, body []byte) {
	if answer == nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", what, body)
		os.Exit(1)
	}
}
