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

# The organization and its admin; prints the admin's access token.
add_organization() {
	local organization user

	organization=$(post /organizations '{"name": "Demo", "slug": "demo"}' |
		jq -r .id)
	user=$(jq -n --arg organization "$organization" \
		--arg email "$admin_email" \
		--rawfile password "$dir/secrets/admin-password" '{
			organization_id: $organization, email: $email,
			password: $password | rtrimstr("\n"), role: "admin",
			full_name: "Demo Admin"
		}')
	user=$(post /users "$user" | jq -r .id)
	post /auth/bootstrap "{\"user_id\": \"$user\"}" |
		jq -r .access_token
}

add_machines() {
	local account

	account=$(post /cloud-accounts '{
		"name": "Demo cloud", "provider_type": "demo",
		"credentials": {"machines": "40"}
	}' "$1" | jq -r .id)
	post "/cloud-accounts/$account/sync" '{}' "$1" >/dev/null
}

add_policies() {
	post /policies '{
		"name": "Office hours", "timezone": "Europe/Berlin",
		"description": "Development runs while people are at work",
		"schedule": {
			"monday": [{"start": "08:00", "end": "19:00"}],
			"tuesday": [{"start": "08:00", "end": "19:00"}],
			"wednesday": [{"start": "08:00", "end": "19:00"}],
			"thursday": [{"start": "08:00", "end": "19:00"}],
			"friday": [{"start": "08:00", "end": "17:00"}]
		},
		"resource_selector": {"tags": {"env": "dev"}}
	}' "$1" >/dev/null
	post /policies '{
		"name": "Tests at night", "timezone": "America/New_York",
		"description": "The test machines run from Sunday to Thursday",
		"schedule_type": "cron",
		"schedule": {"start": "0 20 * * 0-4", "stop": "0 6 * * *"},
		"resource_selector": {"tags": {"env": "test"}}
	}' "$1" >/dev/null
}

add_demo() {
	local setting token

	[[ ! -e $dir/demo ]] || return 0
	setup_token=''
	for setting in "${configuration[@]}"; do
		[[ $setting != SETUP_TOKEN=* ]] || setup_token=${setting#*=}
	done
	say "adding the demo organization"
	token=$(add_organization)
	add_machines "$token"
	add_policies "$token"
	touch "$dir/demo"
}
