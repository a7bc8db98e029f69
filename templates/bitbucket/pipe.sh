#!/bin/sh
# Writes the token to a file for the rest of the step. The step must say `oidc` with the url as audience.
set -eu

# exchange.sh
# Exchanges the ID token in CAMBIST_ID_TOKEN for a token in ACCESS_TOKEN, and says why if that fails. A POSIX shell and curl do.
cambist_fail() {
  printf 'cambist: %s\n' "$1" >&2
  return 1
}
# The last text of a member in the answer, without what could move a cursor.
cambist_member() {
  case $cambist_answer in *"\"$1\":\""*) ;; *) return 0 ;; esac
  cambist_value=${cambist_answer##*"\"$1\":\""}
  printf '%s' "${cambist_value%%'"'*}" | tr -cd '[:print:]'
}
cambist_claims() {
  cambist_value=$(printf '%s' "$CAMBIST_ID_TOKEN" | cut -d . -f 2 | tr '_-' '/+')
  while [ $((${#cambist_value} % 4)) -ne 0 ]; do cambist_value=$cambist_value=; done
  printf '%s' "$cambist_value" | base64 -d 2> /dev/null | tr -cd '[:print:]'
}
cambist_exchange() {
  case $- in *x*) cambist_fail 'the shell prints every command (set -x), and so would print tokens: switch that off' || return 1 ;; esac
  command -v curl > /dev/null || cambist_fail 'this image has no curl' || return 1
  CAMBIST_URL=${CAMBIST_URL:-} CAMBIST_URL=${CAMBIST_URL%/}
  case $CAMBIST_URL in
    https://*) cambist_value=${CAMBIST_URL#https://} ;;
    http://localhost:* | http://127.0.0.1:*) cambist_value=${CAMBIST_URL#http://} ;;
    *) cambist_value= ;;
  esac
  case $cambist_value in
    '' | *[!A-Za-z0-9.:-]*) cambist_fail 'url must be the address of the deployment, such as https://cambist.example.com' || return 1 ;;
  esac
  case ${CAMBIST_ID_TOKEN:-} in
    '' | *[!A-Za-z0-9._-]*) cambist_fail 'the job has no ID token' || return 1 ;;
  esac
  set -- --data grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    --data subject_token_type=urn:ietf:params:oauth:token-type:id_token
  [ -z "${CAMBIST_SERVICE_ACCOUNT:-}" ] || set -- "$@" --data-urlencode "service_account_id=$CAMBIST_SERVICE_ACCOUNT"
  [ -z "${CAMBIST_ORGANISATION:-}" ] || set -- "$@" --data-urlencode "organisation_id=$CAMBIST_ORGANISATION"
  [ -z "${CAMBIST_SCOPE:-}" ] || set -- "$@" --data-urlencode "scope=$CAMBIST_SCOPE"
  [ -z "${CAMBIST_AUDIENCE:-}" ] || set -- "$@" --data-urlencode "audience=$CAMBIST_AUDIENCE"
  [ -z "${CAMBIST_LIFETIME:-}" ] || set -- "$@" --data-urlencode "access_token_lifetime=$CAMBIST_LIFETIME"
  [ -z "${CAMBIST_PROJECT:-}" ] || set -- "$@" --data-urlencode "project_id=$CAMBIST_PROJECT"
  case ${CAMBIST_TOKEN_TYPE:-access_token} in
    access_token) ;;
    id_token) set -- "$@" --data requested_token_type=urn:ietf:params:oauth:token-type:id_token ;;
    *) cambist_fail 'token-type must be access_token or id_token' || return 1 ;;
  esac
  # The token goes in by standard input: arguments can be seen by every process. curl repeats 408, 429 and 5xx alone.
  cambist_answer=$(printf '%s' "$CAMBIST_ID_TOKEN" |
    curl --silent --show-error --retry 3 --retry-max-time 60 --max-time 30 --write-out ' %{http_code}' \
      "$@" --data-urlencode subject_token@- "$CAMBIST_URL/oidc/token") ||
    cambist_fail "no answer from $CAMBIST_URL" || return 1
  # A shell looks for minutes through an answer of some megabytes.
  [ ${#cambist_answer} -le 65540 ] ||
    cambist_fail "$CAMBIST_URL answers with more than 64 KiB and is no Cambist deployment: check the url" || return 1
  cambist_status=${cambist_answer##* }
  ACCESS_TOKEN=$(cambist_member access_token)
  case $cambist_status:$ACCESS_TOKEN in
    200: | 200:*[!A-Za-z0-9._-]*) ;;
    200:*) export ACCESS_TOKEN && unset cambist_answer cambist_value && return 0 ;;
  esac
  unset ACCESS_TOKEN
  cambist_error=$(cambist_member error)
  case $cambist_answer in
    ' 3'??) cambist_value='a redirect' ;;
    ' '???) cambist_value='nothing' ;;
    *'<html'* | *'<HTML'* | *'<!doctype'* | *'<!DOCTYPE'*) cambist_value='an HTML page' ;;
    *) cambist_value='something else' ;;
  esac
  [ -n "$cambist_error" ] ||
    cambist_fail "$CAMBIST_URL answers with $cambist_value (HTTP $cambist_status) and is no Cambist deployment: check the url" || return 1
  cambist_request=$(cambist_member request_id | tr -cd 'A-Za-z0-9._:-')
  printf 'cambist: %s\n' "refused: $(cambist_member error_description) ($cambist_error, HTTP $cambist_status)" \
    "the ID token says $(cambist_claims)" \
    "an operator sees why with: cambist explain --url $CAMBIST_URL --request-id $cambist_request" >&2
  return 1
}
# Ends the token before its time; that it could not be ended fails nothing.
cambist_revoke() {
  [ -n "${ACCESS_TOKEN:-}" ] && [ "${CAMBIST_TOKEN_TYPE:-access_token}" = access_token ] || return 0
  printf '%s' "$ACCESS_TOKEN" |
    curl --silent --output /dev/null --retry 2 --max-time 10 --data-urlencode token@- "$CAMBIST_URL/oidc/revoke" ||
    echo 'cambist: the token could not be revoked and ends by itself' >&2
}
# end of exchange.sh
export CAMBIST_URL="${URL:-}" CAMBIST_SERVICE_ACCOUNT="${SERVICE_ACCOUNT:-}" CAMBIST_ORGANISATION="${ORGANISATION:-}"
export CAMBIST_SCOPE="${SCOPE:-}" CAMBIST_AUDIENCE="${AUDIENCE:-}" CAMBIST_LIFETIME="${LIFETIME:-}" CAMBIST_PROJECT="${PROJECT:-}"
export CAMBIST_TOKEN_TYPE="${TOKEN_TYPE:-access_token}"
CAMBIST_ID_TOKEN=${BITBUCKET_STEP_OIDC_TOKEN:-}
[ -n "$CAMBIST_ID_TOKEN" ] ||
  cambist_fail "the step does not say oidc; add to it:
oidc:
  audiences:
    - ${CAMBIST_URL%/}" || exit 1
cambist_exchange || exit 1
# The clone is the one place that the pipe and the step share. What the repository has there, such as a link, gets no token.
cambist_file=${BITBUCKET_CLONE_DIR:?}/.cambist-token
rm -f -- "$cambist_file"
umask 077
set -C
printf '%s' "$ACCESS_TOKEN" > "$cambist_file"
echo 'cambist: wrote the token to .cambist-token in the clone'
