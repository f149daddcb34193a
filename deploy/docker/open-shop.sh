#!/bin/sh
# Makes a merchant for the shop of `--profile demo`, its API key and its webhook endpoint, and prints their two lines of .env.
# Everything must be up, the shop too: an endpoint's name must resolve.
set -eu
api=${API_URL:-http://127.0.0.1:3000}/api/v1
shop=${SHOP_URL:-http://shop:4000}
admin_key=$(cat "${1:-secrets}/admin_api_key")

post() {
  curl --fail --silent --show-error -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$3" "$api$2"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

merchant=$(post "$admin_key" /admin/merchants '{"name":"Coffee shop"}' | field id)
key=$(post "$admin_key" "/admin/merchants/$merchant/api-keys" '{"name":"shop"}' | field key)
secret=$(post "$key" /webhook-endpoints "{\"url\":\"$shop/webhooks\",\"events\":[\"payment.*\"]}" | field secret)
printf 'SHOP_API_KEY=%s\nSHOP_WEBHOOK_SECRET=%s\n' "$key" "$secret"
