#!/bin/sh
# Makes in ./secrets what docker-compose.yml mounts. Files that are there stay as they are. Three come from you, best made on a
# machine without a network (`npx ctrip wallet new`): deposit_mnemonic, deposit_xpub, gas_wallet_private_key.
set -eu
umask 022 # a container's user reads its secret through a mount; the folder keeps other users of this machine out
mkdir -p "${1:-secrets}"
chmod 700 "${1:-secrets}"
cd "${1:-secrets}"

random() { od -An -v -N "$1" -t x1 /dev/urandom | tr -d ' \n'; }
make() { [ -s "$1" ] || printf '%s' "$2" > "$1"; }

make postgres_password "$(random 24)"
make migrate_database_url "postgresql://ctrip:$(cat postgres_password)@postgres:5432/ctrip"
passwords=''
for service in api scanner sweeper webhook_dispatcher; do
  make "${service}_database_password" "$(random 24)"
  make "${service}_database_url" "postgresql://ctrip_${service}:$(cat "${service}_database_password")@postgres:5432/ctrip"
  make "${service}_nats_url" "nats://$(echo "$service" | tr _ -):$(random 24)@nats:4222"
  nats_password=$(sed 's|^nats://[^:]*:\([^@]*\)@.*|\1|' "${service}_nats_url")
  passwords="$passwords$(echo "$service" | tr a-z A-Z)_PASSWORD: \"$nats_password\"
"
done
printf '%s' "$passwords" > nats_passwords.conf
make secrets_key "$(random 32)"
make admin_api_key "admin_$(random 24)"
make grafana_admin_password "$(random 12)"
# Alerts reach nobody until these two are yours.
make pagerduty_routing_key 'not-set'
make slack_url 'https://slack.invalid/not-set'

missing=''
for name in deposit_mnemonic deposit_xpub gas_wallet_private_key; do [ -s "$name" ] || missing="$missing $name"; done
[ -z "$missing" ] || { echo "Still to be put into $(pwd):$missing" >&2; exit 1; }
