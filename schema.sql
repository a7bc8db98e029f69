-- The whole current schema of Cambist's D1 database. Applying it again changes nothing.
-- Times are epoch seconds (UTC). Lists and maps are JSON text; a column takes the one that it is for, also from a hand.
-- Identifiers are TypeIDs, so their order is the order of creation.
-- No secret can be read here: access credentials are hashes, and the private parts of signing keys are encrypted with SEALING_KEY.

-- The record that wrangler keeps of migrations/. A new database made from this file has them all; one that is there is left as it was.
CREATE TABLE IF NOT EXISTS d1_migrations (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
INSERT INTO d1_migrations (name) SELECT '0001_initial.sql'
WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'organisation');

CREATE TABLE IF NOT EXISTS organisation (
  id             TEXT PRIMARY KEY CHECK (id GLOB 'org_*'),
  slug           TEXT NOT NULL UNIQUE,
  name           TEXT NOT NULL UNIQUE,
  description    TEXT NOT NULL DEFAULT '',
  labels         TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations    TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  reserved_audiences TEXT NOT NULL DEFAULT '[]' CHECK (json_type(reserved_audiences) = 'array'), -- as they are written
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  object_version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Who alone may use a token audience. No entry covers another, so at most one covers an audience: the last that is not behind it.
CREATE TABLE IF NOT EXISTS reserved_audience (
  audience        TEXT PRIMARY KEY,                  -- a prefix without its *
  is_prefix       INTEGER NOT NULL CHECK (is_prefix IN (0, 1)),
  organisation_id TEXT NOT NULL REFERENCES organisation (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reserved_audience_by_organisation ON reserved_audience (organisation_id);

-- The deployment's own organisation exists from the start (contract: the root token's default).
INSERT OR IGNORE INTO organisation (id, slug, name, description, created_at, updated_at)
VALUES ('org_00000000000000000000000000', 'default', 'default', 'The organisation of this deployment itself', unixepoch(), unixepoch());

-- An issuer that an organisation trusts. Several organisations may register the same issuer, each with its own keys and rules.
CREATE TABLE IF NOT EXISTS identity_provider (
  id                 TEXT PRIMARY KEY CHECK (id GLOB 'idp_*'),
  organisation_id    TEXT NOT NULL REFERENCES organisation (id),
  name               TEXT NOT NULL,
  description        TEXT NOT NULL DEFAULT '',
  labels             TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations        TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  issuer             TEXT NOT NULL,                 -- byte for byte as in the token's iss; immutable
  jwks_uri           TEXT,                          -- overrides discovery
  local_jwks         TEXT CHECK (local_jwks IS NULL OR json_type(local_jwks) = 'object'),
  local_key_ids      TEXT NOT NULL DEFAULT '[]' CHECK (json_type(local_key_ids) = 'array'), -- what tells each key of local_jwks from any other
  status             TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
  preset             TEXT NOT NULL,
  allowed_algorithms TEXT NOT NULL CHECK (json_type(allowed_algorithms) = 'array'),
  max_token_lifetime INTEGER NOT NULL CHECK (max_token_lifetime > 0),
  subject_claim      TEXT NOT NULL,
  keys_version       INTEGER NOT NULL DEFAULT 1,    -- raised by refresh and by a change of key source; every key cache is keyed on it
  fetched_keys       TEXT CHECK (fetched_keys IS NULL OR json_type(fetched_keys) = 'array'), -- [{kid, alg}] of the last fetch, for display
  last_fetched_at    INTEGER,
  last_fetch_error   TEXT,
  tokens_not_before  INTEGER,                       -- tokens of ours that its tokens were exchanged for, and that were issued before, do not count
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  object_version     INTEGER NOT NULL DEFAULT 1,
  UNIQUE (organisation_id, name)
) STRICT;
-- One issuer, one provider; several may share it only if the keys of each are given by hand and none is another's, which their
-- writes look at (store/keepings.ts).
CREATE UNIQUE INDEX IF NOT EXISTS identity_provider_issuer ON identity_provider (organisation_id, issuer) WHERE local_jwks IS NULL;
CREATE INDEX IF NOT EXISTS identity_provider_by_organisation_issuer ON identity_provider (organisation_id, issuer, id);
CREATE INDEX IF NOT EXISTS identity_provider_by_organisation ON identity_provider (organisation_id, id);
-- Exchange: a named account that does not exist is answered as one that does not match, by any provider of that issuer.
CREATE INDEX IF NOT EXISTS identity_provider_by_issuer ON identity_provider (issuer, status, id);

-- Who a workload may act as.
CREATE TABLE IF NOT EXISTS service_account (
  id              TEXT PRIMARY KEY CHECK (id GLOB 'sa_*'),
  organisation_id TEXT NOT NULL REFERENCES organisation (id),
  slug            TEXT NOT NULL,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL DEFAULT '',
  labels          TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations     TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  status          TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
  created_by      TEXT NOT NULL DEFAULT 'root' CHECK (created_by = 'root' OR created_by GLOB 'sa_*'), -- who may decide who acts as it
  tokens_not_before INTEGER,                        -- its tokens that were issued before do not count
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  object_version  INTEGER NOT NULL DEFAULT 1,
  UNIQUE (organisation_id, slug),
  UNIQUE (organisation_id, name)
) STRICT;

CREATE INDEX IF NOT EXISTS service_account_by_organisation ON service_account (organisation_id, id);

-- The rule that lets a provider's subject act as a service account.
CREATE TABLE IF NOT EXISTS federated_identity (
  id                     TEXT PRIMARY KEY CHECK (id GLOB 'fid_*'),
  organisation_id        TEXT NOT NULL REFERENCES organisation (id),
  service_account_id     TEXT NOT NULL REFERENCES service_account (id),
  provider_id            TEXT NOT NULL REFERENCES identity_provider (id),
  name                   TEXT NOT NULL,
  description            TEXT NOT NULL DEFAULT '',
  labels                 TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations            TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  provider_subject       TEXT NOT NULL CHECK (provider_subject <> ''),
  provider_subject_match TEXT NOT NULL CHECK (provider_subject_match IN ('exact', 'glob')),
  subject_key            TEXT,                      -- what an exact rule is looked up by (rules/subject.ts subjectKeyOfRule); NULL for a glob
  trusted_audiences      TEXT NOT NULL DEFAULT '[]' CHECK (json_type(trusted_audiences) = 'array'),
  audience_match_mode    TEXT NOT NULL CHECK (audience_match_mode IN ('any', 'all', 'exact')),
  conditions             TEXT CHECK (conditions IS NULL OR json_type(conditions) = 'object'),
  expression             TEXT,
  allowed_scopes         TEXT NOT NULL DEFAULT '[]' CHECK (json_type(allowed_scopes) = 'array'),
  token_audiences        TEXT NOT NULL DEFAULT '[]' CHECK (json_type(token_audiences) = 'array'),
  token_lifetime         INTEGER NOT NULL CHECK (token_lifetime > 0),
  max_token_lifetime     INTEGER NOT NULL CHECK (max_token_lifetime > 0),
  forwarded_claims       TEXT NOT NULL DEFAULT '[]' CHECK (json_type(forwarded_claims) = 'array'),
  replay_protection      TEXT NOT NULL CHECK (replay_protection IN ('off', 'singleUse')),
  mode                   TEXT NOT NULL CHECK (mode IN ('enforce', 'shadow')),
  status                 TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'revoked')), -- 'expired' is read from expires_at
  expires_at             INTEGER,
  tokens_not_before      INTEGER,                   -- tokens that it granted before do not count
  last_used_at           INTEGER,
  created_at             INTEGER NOT NULL,
  updated_at             INTEGER NOT NULL,
  object_version         INTEGER NOT NULL DEFAULT 1,
  UNIQUE (service_account_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS federated_identity_by_organisation ON federated_identity (organisation_id, id);
CREATE INDEX IF NOT EXISTS federated_identity_by_account ON federated_identity (service_account_id, provider_id, id);
CREATE INDEX IF NOT EXISTS federated_identity_by_provider ON federated_identity (provider_id, id);
-- Exchange without a named account: exact rules by subject, then the provider's pattern rules.
CREATE INDEX IF NOT EXISTS federated_identity_by_subject ON federated_identity (provider_id, subject_key, id) WHERE subject_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS federated_identity_patterns ON federated_identity (provider_id, id) WHERE subject_key IS NULL;

CREATE TABLE IF NOT EXISTS role (
  id              TEXT PRIMARY KEY CHECK (id GLOB 'role_*'),
  organisation_id TEXT NOT NULL REFERENCES organisation (id),
  slug            TEXT NOT NULL,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL DEFAULT '',
  labels          TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations     TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  is_read_only    INTEGER NOT NULL DEFAULT 0 CHECK (is_read_only IN (0, 1)),
  system          INTEGER NOT NULL DEFAULT 0 CHECK (system IN (0, 1)),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  object_version  INTEGER NOT NULL DEFAULT 1,
  UNIQUE (organisation_id, slug),
  UNIQUE (organisation_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS role_by_organisation ON role (organisation_id, id);

-- What a role permits; evaluated by the API that receives the token.
CREATE TABLE IF NOT EXISTS role_rule (
  id                  TEXT PRIMARY KEY CHECK (id GLOB 'rule_*'),
  organisation_id     TEXT NOT NULL REFERENCES organisation (id),
  role_id             TEXT NOT NULL REFERENCES role (id),
  resources           TEXT NOT NULL CHECK (json_type(resources) = 'array'),
  resource_identities TEXT NOT NULL DEFAULT '[]' CHECK (json_type(resource_identities) = 'array'),
  permissions         TEXT NOT NULL CHECK (json_type(permissions) = 'array'),
  note                TEXT NOT NULL DEFAULT '',
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  object_version      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS role_rule_by_role ON role_rule (role_id, id);

-- Who holds a role: everywhere (projects empty) or in some projects; for every token (scopes empty) or for those that carry one of some scopes.
CREATE TABLE IF NOT EXISTS role_binding (
  id                 TEXT PRIMARY KEY CHECK (id GLOB 'bind_*'),
  organisation_id    TEXT NOT NULL REFERENCES organisation (id),
  role_id            TEXT NOT NULL REFERENCES role (id),
  service_account_id TEXT NOT NULL REFERENCES service_account (id),
  name               TEXT NOT NULL,
  description        TEXT NOT NULL DEFAULT '',
  labels             TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations        TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  scopes             TEXT NOT NULL DEFAULT '[]' CHECK (json_type(scopes) = 'array'),
  projects           TEXT NOT NULL DEFAULT '[]' CHECK (json_type(projects) = 'array'),
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  object_version     INTEGER NOT NULL DEFAULT 1,
  UNIQUE (role_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS role_binding_by_account ON role_binding (service_account_id, id);
CREATE INDEX IF NOT EXISTS role_binding_by_role ON role_binding (role_id, id);

-- How many of a kind an organisation has is counted when one more is written (store/quotas.ts); the other kinds' lists have such an index.
CREATE INDEX IF NOT EXISTS role_rule_by_organisation ON role_rule (organisation_id);
CREATE INDEX IF NOT EXISTS role_binding_by_organisation ON role_binding (organisation_id);

-- For systems that cannot get an ID token. The secret is stored as a SHA-256 hash only; it has 256 bits of entropy.
CREATE TABLE IF NOT EXISTS access_credential (
  id                 TEXT PRIMARY KEY CHECK (id GLOB 'cred_*'),
  organisation_id    TEXT NOT NULL REFERENCES organisation (id),
  service_account_id TEXT NOT NULL REFERENCES service_account (id),
  name               TEXT NOT NULL,
  description        TEXT NOT NULL DEFAULT '',
  labels             TEXT NOT NULL DEFAULT '{}' CHECK (json_type(labels) = 'object'),
  annotations        TEXT NOT NULL DEFAULT '{}' CHECK (json_type(annotations) = 'object'),
  access_key         TEXT NOT NULL UNIQUE,
  secret_sha256      TEXT NOT NULL,                 -- base64url
  scopes             TEXT NOT NULL DEFAULT '[]' CHECK (json_type(scopes) = 'array'),
  expires_at         INTEGER NOT NULL,
  tokens_not_before  INTEGER,                       -- tokens issued before do not count: it had expired and got a later end
  last_used_at       INTEGER,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  object_version     INTEGER NOT NULL DEFAULT 1,
  UNIQUE (service_account_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS access_credential_by_organisation ON access_credential (organisation_id); -- as those of rules and bindings
CREATE INDEX IF NOT EXISTS access_credential_by_account ON access_credential (service_account_id, id);

-- Labels of every labelled object, for list filters. The truth is the object's own labels column; both change in one batch.
CREATE TABLE IF NOT EXISTS object_label (
  organisation_id TEXT NOT NULL,
  key             TEXT NOT NULL,
  value           TEXT NOT NULL,
  object_id       TEXT NOT NULL,
  PRIMARY KEY (organisation_id, key, value, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_label_by_object ON object_label (object_id);

-- One row per decision and per change; append-only but for the count of equal refusals within a minute.
-- With a rowid: without one, a row of more than 1 KB, as claims make it, takes a page of its own.
CREATE TABLE IF NOT EXISTS audit_event (
  organisation_id       TEXT NOT NULL,
  id                    TEXT NOT NULL CHECK (id GLOB 'evt_*'),
  time                  INTEGER NOT NULL,
  request_id            TEXT NOT NULL,
  count                 INTEGER NOT NULL DEFAULT 1,
  collapse_key          TEXT,                       -- what makes refusals equal; NULL for events that never collapse
  actor                 TEXT NOT NULL,
  action                TEXT NOT NULL,
  outcome               TEXT NOT NULL CHECK (outcome IN ('granted', 'refused', 'shadow', 'success')),
  reason                TEXT,
  detail                TEXT,
  service_account_id    TEXT,
  federated_identity_id TEXT,
  issuer                TEXT,
  subject               TEXT,
  claims                TEXT CHECK (claims IS NULL OR json_valid(claims)),
  claims_digest         TEXT,                       -- of all claims, if not all are kept
  claims_omitted        TEXT CHECK (claims_omitted IS NULL OR json_valid(claims_omitted)), -- names of those that are not
  token_id              TEXT,                       -- jti of the token issued
  ip                    TEXT,
  asked                 TEXT CHECK (asked IS NULL OR json_valid(asked)), -- what the request named: account, scope, audience, …
  changes               TEXT CHECK (changes IS NULL OR json_valid(changes)),
  PRIMARY KEY (organisation_id, id)
) STRICT;
-- Each ends in the order of the list, newest first, so that a page reads no row that it does not show. A grant is written to two
-- of them and to the primary key, which is most of what it costs: the events of an identity are searched for among its account's,
-- those of an issuer or a subject by time (store/audit-events.ts).
CREATE INDEX IF NOT EXISTS audit_event_by_account ON audit_event (organisation_id, service_account_id, time, id) WHERE service_account_id IS NOT NULL;
-- The id of a grant is made of its request's (store/request-ids.ts), so it needs no index by request.
CREATE INDEX IF NOT EXISTS audit_event_by_request ON audit_event (organisation_id, request_id) WHERE outcome <> 'granted';
CREATE INDEX IF NOT EXISTS audit_event_by_time ON audit_event (organisation_id, time, id);
-- Grants are nearly all rows and are found by time; the rest is what is searched by action or outcome.
CREATE INDEX IF NOT EXISTS audit_event_by_outcome ON audit_event (organisation_id, outcome, time, id) WHERE outcome <> 'granted';
CREATE INDEX IF NOT EXISTS audit_event_by_action ON audit_event (organisation_id, action, time, id) WHERE action <> 'token.exchange';
CREATE INDEX IF NOT EXISTS audit_event_by_collapse_key ON audit_event (collapse_key, time) WHERE collapse_key IS NOT NULL;

-- The other requests by which a counted event is found; the first one stands in the event. A request id begins with its time
-- (UUIDv7), so the sweep removes old ones of an organisation from the front, and the archive finds those of an event by its time.
CREATE TABLE IF NOT EXISTS audit_event_request (
  request_id      TEXT NOT NULL,
  event_id        TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, request_id, event_id)
) STRICT, WITHOUT ROWID;

-- Where events are that have left audit_event: one row for each object in R2, whose first line names the sha256 of the one before
-- (store/archive-object.ts). The row is inserted in the transaction that deletes the object's events, so an event is in one place.
CREATE TABLE IF NOT EXISTS audit_archive (
  organisation_id TEXT NOT NULL,
  sequence        INTEGER NOT NULL CHECK (sequence > 0), -- without a gap
  sha256          TEXT NOT NULL,                    -- of the object as it is stored, hexadecimal
  previous        TEXT,                             -- the sha256 of the one before; NULL for the first
  state           TEXT NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'removing', 'removed')), -- past its retention: the last one removed stays, as what the next one names
  bytes           INTEGER NOT NULL,                 -- compressed
  events          INTEGER NOT NULL,
  first_time      INTEGER NOT NULL,                 -- the place of its oldest and newest event in the list
  first_id        TEXT NOT NULL,
  last_time       INTEGER NOT NULL,
  last_id         TEXT NOT NULL,
  lowest_id       TEXT NOT NULL,                    -- of its events, and of their requests: where something is looked for by its id
  highest_id      TEXT NOT NULL,
  lowest_request  TEXT NOT NULL,
  highest_request TEXT NOT NULL,
  tags            TEXT NOT NULL,                    -- which accounts, subjects, … its events name (store/archive-tags.ts)
  archived_at     INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS audit_archive_by_time ON audit_archive (organisation_id, last_time, last_id);
CREATE INDEX IF NOT EXISTS audit_archive_by_id ON audit_archive (organisation_id, highest_id);
CREATE INDEX IF NOT EXISTS audit_archive_by_request ON audit_archive (organisation_id, highest_request);
CREATE INDEX IF NOT EXISTS audit_archive_by_age ON audit_archive (last_time) WHERE state <> 'removed';

-- Subject tokens that a singleUse identity has exchanged. D1 and not KV, which has no compare-and-set.
CREATE TABLE IF NOT EXISTS used_token (
  replay_key TEXT PRIMARY KEY,                      -- organisation, issuer and jti, hashed
  token_id   TEXT NOT NULL,                         -- jti of the token issued for it: who won
  expires_at INTEGER NOT NULL                       -- exp of the subject token plus the clock skew; purged after
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_token_by_expiry ON used_token (expires_at);

-- Access tokens of ours that were revoked before their time (RFC 7009).
CREATE TABLE IF NOT EXISTS revoked_token (
  token_id   TEXT PRIMARY KEY,                      -- jti
  revoked_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS revoked_token_by_expiry ON revoked_token (expires_at);

-- The life of each signing key. The material of a bundle's key is in its secret only, that of a sealed one is here, encrypted.
CREATE TABLE IF NOT EXISTS signing_key (
  kid          TEXT PRIMARY KEY,
  alg          TEXT NOT NULL,
  source       TEXT NOT NULL DEFAULT 'bundle' CHECK (source IN ('bundle', 'sealed')),
  sealed       TEXT CHECK (sealed IS NULL OR source = 'sealed'), -- the private JWK (signing/seal.ts); erased once its last token is over
  status       TEXT NOT NULL CHECK (status IN ('standby', 'active', 'retiring', 'revoked')),
  published_at INTEGER NOT NULL,                    -- in the JWKS since then
  activated_at INTEGER,
  retiring_at  INTEGER,                             -- stopped signing (graceful)
  expires_at   INTEGER,                             -- leaves the JWKS: the last token it signed has expired
  revoked_at   INTEGER                              -- left the JWKS at once (emergency)
) STRICT;
-- At most one key signs per algorithm, whatever races.
CREATE UNIQUE INDEX IF NOT EXISTS signing_key_active ON signing_key (alg) WHERE status = 'active';

-- What the rules of an organisation, and of the deployment, are known by. Facts that were read under both versions are still
-- true while both are unchanged, so an exchange may decide from facts it has, and its write proves them (store/policy-guard.ts).
-- A version is drawn by chance: one that a restored backup brings back comes with the rows that it stood for, and none repeats.
CREATE TABLE IF NOT EXISTS policy_version (
  scope   TEXT PRIMARY KEY,                          -- an organisation's id, or 'deployment': our keys, reserved audiences, organisations
  version TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Raised in the transaction of every change of a deciding column, also of one by hand; a display column is none. They run BEFORE,
-- since only then they see the row that OR REPLACE removes without firing its trigger. test/store/policy-version.test.ts tries each column.
CREATE TRIGGER IF NOT EXISTS policy_of_identity_provider_inserted BEFORE INSERT ON identity_provider BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM identity_provider WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_identity_provider_updated BEFORE UPDATE ON identity_provider
  WHEN (OLD.id, OLD.organisation_id, OLD.issuer, OLD.jwks_uri, OLD.local_jwks, OLD.status, OLD.preset, OLD.allowed_algorithms,
    OLD.max_token_lifetime, OLD.subject_claim, OLD.keys_version, OLD.tokens_not_before)
    IS NOT (NEW.id, NEW.organisation_id, NEW.issuer, NEW.jwks_uri, NEW.local_jwks, NEW.status, NEW.preset,
    NEW.allowed_algorithms, NEW.max_token_lifetime, NEW.subject_claim, NEW.keys_version, NEW.tokens_not_before) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM identity_provider WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_identity_provider_deleted AFTER DELETE ON identity_provider BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_service_account_inserted BEFORE INSERT ON service_account BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM service_account WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_service_account_updated BEFORE UPDATE ON service_account
  WHEN (OLD.id, OLD.organisation_id, OLD.slug, OLD.status, OLD.tokens_not_before)
    IS NOT (NEW.id, NEW.organisation_id, NEW.slug, NEW.status, NEW.tokens_not_before) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM service_account WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_service_account_deleted AFTER DELETE ON service_account BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_federated_identity_inserted BEFORE INSERT ON federated_identity BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM federated_identity WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_federated_identity_updated BEFORE UPDATE ON federated_identity
  WHEN (OLD.id, OLD.organisation_id, OLD.service_account_id, OLD.provider_id, OLD.provider_subject,
    OLD.provider_subject_match, OLD.subject_key, OLD.trusted_audiences, OLD.audience_match_mode, OLD.conditions,
    OLD.expression, OLD.allowed_scopes, OLD.token_audiences, OLD.token_lifetime, OLD.max_token_lifetime, OLD.forwarded_claims,
    OLD.replay_protection, OLD.mode, OLD.status, OLD.expires_at, OLD.tokens_not_before)
    IS NOT (NEW.id, NEW.organisation_id, NEW.service_account_id, NEW.provider_id, NEW.provider_subject,
    NEW.provider_subject_match, NEW.subject_key, NEW.trusted_audiences, NEW.audience_match_mode, NEW.conditions,
    NEW.expression, NEW.allowed_scopes, NEW.token_audiences, NEW.token_lifetime, NEW.max_token_lifetime, NEW.forwarded_claims,
    NEW.replay_protection, NEW.mode, NEW.status, NEW.expires_at, NEW.tokens_not_before) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM federated_identity WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_federated_identity_deleted AFTER DELETE ON federated_identity BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_inserted BEFORE INSERT ON role BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM role WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_updated BEFORE UPDATE ON role
  WHEN (OLD.id, OLD.organisation_id, OLD.slug)
    IS NOT (NEW.id, NEW.organisation_id, NEW.slug) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM role WHERE id = NEW.id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_deleted AFTER DELETE ON role BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_binding_inserted BEFORE INSERT ON role_binding BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM role_binding WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id),
    (SELECT organisation_id FROM role WHERE id = NEW.role_id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_binding_updated BEFORE UPDATE ON role_binding
  WHEN (OLD.id, OLD.organisation_id, OLD.role_id, OLD.service_account_id, OLD.scopes, OLD.projects)
    IS NOT (NEW.id, NEW.organisation_id, NEW.role_id, NEW.service_account_id, NEW.scopes, NEW.projects) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM role_binding WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id),
    (SELECT organisation_id FROM role WHERE id = NEW.role_id));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_role_binding_deleted AFTER DELETE ON role_binding BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_access_credential_inserted BEFORE INSERT ON access_credential BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (NEW.organisation_id, (SELECT organisation_id FROM access_credential WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id),
    (SELECT organisation_id FROM access_credential WHERE access_key = NEW.access_key));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_access_credential_updated BEFORE UPDATE ON access_credential
  WHEN (OLD.id, OLD.organisation_id, OLD.service_account_id, OLD.access_key, OLD.secret_sha256, OLD.scopes, OLD.expires_at)
    IS NOT (NEW.id, NEW.organisation_id, NEW.service_account_id, NEW.access_key, NEW.secret_sha256, NEW.scopes,
    NEW.expires_at) BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN
    (OLD.organisation_id, NEW.organisation_id, (SELECT organisation_id FROM access_credential WHERE id = NEW.id),
    (SELECT organisation_id FROM service_account WHERE id = NEW.service_account_id),
    (SELECT organisation_id FROM access_credential WHERE access_key = NEW.access_key));
END;
CREATE TRIGGER IF NOT EXISTS policy_of_access_credential_deleted AFTER DELETE ON access_credential BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = OLD.organisation_id;
END;
CREATE TRIGGER IF NOT EXISTS policy_of_organisation_inserted AFTER INSERT ON organisation BEGIN
  DELETE FROM policy_version WHERE scope = NEW.id;
  INSERT INTO policy_version (scope, version) VALUES (NEW.id, hex(randomblob(8)));
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_organisation_updated AFTER UPDATE ON organisation WHEN (OLD.id, OLD.slug) IS NOT (NEW.id, NEW.slug) BEGIN
  UPDATE policy_version SET scope = NEW.id WHERE scope = OLD.id;
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope IN (NEW.id, 'deployment');
END;
CREATE TRIGGER IF NOT EXISTS policy_of_organisation_deleted AFTER DELETE ON organisation BEGIN
  DELETE FROM policy_version WHERE scope = OLD.id;
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_reserved_audience_inserted AFTER INSERT ON reserved_audience BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_reserved_audience_updated AFTER UPDATE ON reserved_audience BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_reserved_audience_deleted AFTER DELETE ON reserved_audience BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_signing_key_inserted AFTER INSERT ON signing_key BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_signing_key_updated AFTER UPDATE ON signing_key BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
CREATE TRIGGER IF NOT EXISTS policy_of_signing_key_deleted AFTER DELETE ON signing_key BEGIN
  UPDATE policy_version SET version = hex(randomblob(8)) WHERE scope = 'deployment';
END;
-- For organisations that were there before their triggers.
INSERT OR IGNORE INTO policy_version (scope, version)
SELECT 'deployment', hex(randomblob(8)) UNION ALL SELECT id, hex(randomblob(8)) FROM organisation;

-- What GET /metrics counted and need not look at again (store/metrics.ts): decisions by outcome and reason, and until when.
CREATE TABLE IF NOT EXISTS decision_total (
  outcome TEXT NOT NULL,
  reason  TEXT NOT NULL,                             -- of a refusal; '' for the others
  total   INTEGER NOT NULL,
  PRIMARY KEY (outcome, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decision_watermark (
  one           INTEGER PRIMARY KEY CHECK (one = 1),
  counted_until INTEGER NOT NULL                     -- events before it are in decision_total
) STRICT;
CREATE INDEX IF NOT EXISTS identity_provider_failing ON identity_provider (status) WHERE last_fetch_error IS NOT NULL;

-- When the database was last restored (cambist restore): tokens from before are not taken for single use, since it may have forgotten them.
CREATE TABLE IF NOT EXISTS restore_point (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  restored_at INTEGER NOT NULL,
  is_new      INTEGER NOT NULL DEFAULT 0             -- into a database that was not the one backed up
) STRICT;
