# The demo organization, made as a user would: through the API.
# shellcheck shell=bash

admin_email=admin@example.com

# post PATH JSON [TOKEN]: prints the answer.
post() {
	local answer arguments=()

	[[ -z ${3-} ]] || arguments+=(-H "Authorization: Bearer $3")
	[[ -z $setup_token ]] || arguments+=(-H "X-Setup-Token: $setup_token")
	answer=$(request --fail-with-body -H 'Content-Type: application/json' \
		"${arguments[@]}" -d "$2" "https://localhost:$port/api/v1$1") ||
		die "POST $1: $answer"
	echo "$answer"
}

add_demo() {
	local setting setup_token='' organization password token

	[[ ! -e $dir/demo ]] || return 0
	for setting in "${configuration[@]}"; do
		[[ $setting != SETUP_TOKEN=* ]] || setup_token=${setting#*=}
	done
	say "adding the demo organization"
	password=$(cat "$dir/secrets/admin-password")
	organization=$(post /organizations '{"name":"Demo","slug":"demo"}' |
		jq -r .id)
	user=$(jq -n --arg organization "$organization" \
		--arg email "$admin_email" --arg password "$password" '{
			organization_id: $organization, email: $email,
			password: $password, role: "admin",
			full_name: "Demo Admin"
		}')
	user=$(post /users "$user" | jq -r .id)
	token=$(post /auth/bootstrap "{\"user_id\":\"$user\"}" |
		jq -r .access_token)
	post /cloud-accounts '{
		"name": "Demo cloud", "provider_type": "demo", "credentials": {"machines": "40"}
	}' "$token" >"$dir/demo"
}
