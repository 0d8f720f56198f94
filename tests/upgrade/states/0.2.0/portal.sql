BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	consented_at DATETIME, pin_hash VARCHAR(200), totp_secret VARCHAR(64), totp_step BIGINT, recovery_hashes JSON, language VARCHAR(2), 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_email UNIQUE (email)
);
INSERT INTO "accounts" VALUES(1,'manager@example.com','Соколова Анна','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$9mGJHE1LC/pymBPecjFWlQ$wZl/pqVKKH69T5U9d0bqzGKkyXGyxheWKzb+BtFuOWU','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(2,'guard@example.com','Петров Олег','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$9mGJHE1LC/pymBPecjFWlQ$wZl/pqVKKH69T5U9d0bqzGKkyXGyxheWKzb+BtFuOWU','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(3,'resident@example.com','Иванов Иван','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$9mGJHE1LC/pymBPecjFWlQ$wZl/pqVKKH69T5U9d0bqzGKkyXGyxheWKzb+BtFuOWU','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225','2026-12-01 12:39:44.579887',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0038');
CREATE TABLE api_tokens (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	made_by_id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	scopes VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	last_used_at DATETIME, 
	revoked_at DATETIME, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_api_tokens_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_api_tokens_made_by_id FOREIGN KEY(made_by_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash)
);
CREATE TABLE arrival_rows (
	code VARCHAR(7) NOT NULL, 
	table_name VARCHAR(32) NOT NULL, 
	old_id VARCHAR(36) NOT NULL, 
	new_id VARCHAR(36) NOT NULL, 
	made BOOLEAN NOT NULL, 
	CONSTRAINT pk_arrival_rows PRIMARY KEY (code, table_name, old_id), 
	CONSTRAINT fk_arrival_rows_code FOREIGN KEY(code) REFERENCES arrivals (code) ON DELETE CASCADE
);
CREATE TABLE arrivals (
	code VARCHAR(7) NOT NULL, 
	run VARCHAR(36) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	serial INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_arrivals PRIMARY KEY (code)
);
CREATE TABLE attempts (
	"key" VARCHAR(64) NOT NULL, 
	window_ends_at DATETIME NOT NULL, 
	count INTEGER NOT NULL, blocked_until DATETIME, 
	CONSTRAINT pk_attempts PRIMARY KEY ("key")
);
INSERT INTO "attempts" VALUES('bcae554eec7a531e744f28623938a2008ffff667b1bebbf7836dfcf3892ab7ed','2026-12-01 13:39:44.579887',0,NULL);
INSERT INTO "attempts" VALUES('4a575e3d619986991951d124c8ec06139f6e51a1cb79835449297c9f009ac5b6','2026-12-01 12:54:44.100148',0,NULL);
INSERT INTO "attempts" VALUES('6a5a9419a73c77293942cb74d2e491fd0f64423e000c6be3c832195e046f5a80','2026-12-01 13:39:44.400893',2,NULL);
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	territory_id INTEGER, 
	account_id INTEGER, 
	actor VARCHAR(120) NOT NULL, 
	action VARCHAR(48) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT fk_audit_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_audit_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
INSERT INTO "audit" VALUES(1,'2026-12-01 12:39:44.258374',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(2,'2026-12-01 12:39:44.446825',1,3,'Иванов Иван','pass-added','A481MP77','127.0.0.1');
INSERT INTO "audit" VALUES(3,'2026-12-01 12:39:44.735492',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(4,'2026-12-01 12:39:44.805332',1,3,'Иванов Иван','pass-added','B702CX150','127.0.0.1');
CREATE TABLE calls (
	id VARCHAR(36) NOT NULL, 
	territory_id INTEGER NOT NULL, 
	gate_id INTEGER NOT NULL, 
	lane VARCHAR(64) NOT NULL, 
	cause VARCHAR(16) NOT NULL, 
	plate VARCHAR(16), 
	host_id INTEGER, 
	host_rung_at DATETIME, 
	rang_at DATETIME NOT NULL, 
	gate_at DATETIME NOT NULL, 
	device_id INTEGER, 
	answered_by_id INTEGER, 
	answered_by_name VARCHAR(120) NOT NULL, 
	answered_at DATETIME, 
	person_at DATETIME, 
	ended_at DATETIME, 
	ending VARCHAR(16), 
	version INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	offer TEXT NOT NULL, 
	answered_attempt INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	problem VARCHAR(200) NOT NULL, 
	gate_told JSON, 
	person_told JSON, 
	CONSTRAINT pk_calls PRIMARY KEY (id), 
	CONSTRAINT fk_calls_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_calls_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT fk_calls_host_id FOREIGN KEY(host_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_calls_answered_by_id FOREIGN KEY(answered_by_id) REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE TABLE chores (
	name VARCHAR(32) NOT NULL, 
	begun_at DATETIME NOT NULL, 
	CONSTRAINT pk_chores PRIMARY KEY (name)
);
INSERT INTO "chores" VALUES('sweep','2026-12-01 12:39:23.612797');
CREATE TABLE "commands" (
	id VARCHAR(36) NOT NULL, 
	gate_id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	lane VARCHAR(64) NOT NULL, 
	minutes INTEGER, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	created_by_id INTEGER, 
	outcome VARCHAR(16), 
	outcome_detail VARCHAR(200) NOT NULL, 
	acked_at DATETIME, 
	call_id VARCHAR(36), 
	picture VARCHAR(8), 
	sound VARCHAR(8), 
	visit_id INTEGER, 
	CONSTRAINT pk_commands PRIMARY KEY (id), 
	CONSTRAINT fk_commands_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT fk_commands_created_by_id FOREIGN KEY(created_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_commands_call_id FOREIGN KEY(call_id) REFERENCES calls (id) ON DELETE SET NULL, 
	CONSTRAINT fk_commands_visit_id FOREIGN KEY(visit_id) REFERENCES gate_events (id) ON DELETE SET NULL
);
CREATE TABLE consents (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	version VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_consents PRIMARY KEY (id), 
	CONSTRAINT fk_consents_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_consents_account_id UNIQUE (account_id, version)
);
INSERT INTO "consents" VALUES(1,3,'2026-12-01','2026-12-01 12:39:44.100148','127.0.0.1');
CREATE TABLE departed_credentials (
	hash VARCHAR(64) NOT NULL, 
	code VARCHAR(7) NOT NULL, 
	CONSTRAINT pk_departed_credentials PRIMARY KEY (hash), 
	CONSTRAINT fk_departed_credentials_code FOREIGN KEY(code) REFERENCES departures (code) ON DELETE CASCADE
);
CREATE TABLE departures (
	code VARCHAR(7) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	cell_url VARCHAR(200) NOT NULL, 
	serial INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	signature TEXT NOT NULL, 
	gates JSON NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_departures PRIMARY KEY (code)
);
CREATE TABLE devices (
	id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	account_id INTEGER NOT NULL, 
	pending BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	user_agent VARCHAR(200) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_devices PRIMARY KEY (id), 
	CONSTRAINT fk_devices_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_devices_token_hash UNIQUE (token_hash)
);
INSERT INTO "devices" VALUES(1,'9af56e231b4afb37df558217a0b7590e14129ea09ace72f98dbb76f6a329ef7f',3,0,'2026-12-01 12:39:44.100148','2026-12-01 12:39:44.100148','2027-12-01 12:39:44.100148','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "devices" VALUES(2,'3447133e1ce6a93d81804afb35fed9ac307025bd6aacb5efee332ef5b30b6d9b',3,0,'2026-12-01 12:39:44.579887','2026-12-01 12:39:44.579887','2027-12-01 12:39:44.579887','python-httpx/0.28.1','127.0.0.1');
CREATE TABLE event_notes (
	id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	author_id INTEGER, 
	author_name VARCHAR(120) NOT NULL, 
	at DATETIME NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_event_notes PRIMARY KEY (id), 
	CONSTRAINT fk_event_notes_author_id FOREIGN KEY(author_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_event_notes_event_id FOREIGN KEY(event_id) REFERENCES gate_events (id) ON DELETE CASCADE
);
CREATE TABLE "foot_passes" (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	owner_id INTEGER NOT NULL, 
	names VARCHAR(300) NOT NULL, 
	people INTEGER NOT NULL, 
	valid_from DATETIME NOT NULL, 
	valid_until DATETIME NOT NULL, 
	object_label VARCHAR(120) NOT NULL, 
	object_key VARCHAR(120) NOT NULL, 
	note VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	came INTEGER NOT NULL, 
	came_at DATETIME, 
	digits VARCHAR(6) NOT NULL, 
	CONSTRAINT pk_foot_passes PRIMARY KEY (id), 
	CONSTRAINT fk_foot_passes_owner_id FOREIGN KEY(owner_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_foot_passes_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
CREATE TABLE "gate_events" (
	id INTEGER NOT NULL, 
	gate_id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	event_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	at DATETIME NOT NULL, 
	clock_trusted BOOLEAN NOT NULL, 
	received_at DATETIME NOT NULL, 
	lane VARCHAR(64) NOT NULL, 
	plate VARCHAR(16), 
	decision VARCHAR(16), 
	reason VARCHAR(32), 
	pass_id VARCHAR(36), 
	object_label VARCHAR(120), 
	confidence DOUBLE, 
	body JSON NOT NULL, 
	snapshot_path VARCHAR(200), 
	"conflict" BOOLEAN NOT NULL, 
	placed_at DATETIME NOT NULL, 
	CONSTRAINT pk_gate_events PRIMARY KEY (id), 
	CONSTRAINT fk_gate_events_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_gate_events_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT uq_gate_events_gate_id UNIQUE (gate_id, event_id)
);
INSERT INTO "gate_events" VALUES(1,1,1,'ff3e4493-da37-5ead-9926-50afde4181df','visit','2026-12-01 12:39:53.253129',1,'2026-12-01 12:40:04.924499','entry','A481MP77','open','pass_valid','73c4806e-a748-4a71-95c5-417f79e875cb','Участок 632 и 633 (дом 148)',9.77864920931758252464e-01,'{"id": "ff3e4493-da37-5ead-9926-50afde4181df", "kind": "visit", "at": "2026-12-01T12:39:53.253129Z", "clock_trusted": true, "lane": "entry", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9778649209317583, "decision": "open", "reason": "pass_valid", "pass_id": "73c4806e-a748-4a71-95c5-417f79e875cb", "consumed": false, "list_cursor": "1656413052-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 8 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 15 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 \u0410 481 \u041c\u0420 77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.978.", "\u041d\u043e\u043c\u0435\u0440 \u0410 481 \u041c\u0420 77 \u0435\u0441\u0442\u044c \u0432 \u0441\u043f\u0438\u0441\u043a\u0435 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a 73c4806e-a748-4a71-95c5-417f79e875cb).", "\u0421\u043f\u0438\u0441\u043e\u043a 1656413052-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 \u043c\u0435\u043d\u044c\u0448\u0435 \u0447\u0430\u0441\u0430.", "\u041f\u0440\u043e\u043f\u0443\u0441\u043a 73c4806e-a748-4a71-95c5-417f79e875cb \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442: \u2026 \u2013 31.12.2026 24:00.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u043f\u0440\u043e\u043f\u0443\u0441\u043a \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "commands": [], "snapshot": true}','snapshots/1/ff/ff3e4493-da37-5ead-9926-50afde4181df.jpg',0,'2026-12-01 12:39:53.253129');
INSERT INTO "gate_events" VALUES(2,1,1,'f670cf22-2c2f-5de6-a3ac-487c368a6a10','visit','2026-12-01 12:39:52.127639',1,'2026-12-01 12:40:06.336692','exit','A481MP77','open','exit_free','73c4806e-a748-4a71-95c5-417f79e875cb','Участок 632 и 633 (дом 148)',9.99928100666624741776e-01,'{"id": "f670cf22-2c2f-5de6-a3ac-487c368a6a10", "kind": "visit", "at": "2026-12-01T12:39:52.127639Z", "clock_trusted": true, "lane": "exit", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9999281006666247, "decision": "open", "reason": "exit_free", "pass_id": "73c4806e-a748-4a71-95c5-417f79e875cb", "consumed": false, "list_cursor": "1656413052-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 3 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 3 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP??, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.305.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "commands": [], "snapshot": true}','snapshots/1/f6/f670cf22-2c2f-5de6-a3ac-487c368a6a10.jpg',0,'2026-12-01 12:39:52.127639');
INSERT INTO "gate_events" VALUES(3,1,1,'7cea981f-d828-522f-8d07-af4df911b2c0','visit','2026-12-01 12:40:04.033302',1,'2026-12-01 12:40:17.460752','exit','M126AT190','open','exit_free',NULL,NULL,9.99919841409091181283e-01,'{"id": "7cea981f-d828-522f-8d07-af4df911b2c0", "kind": "visit", "at": "2026-12-01T12:40:04.033302Z", "clock_trusted": true, "lane": "exit", "plate": "M126AT190", "format": "ru_1", "confidence": 0.9999198414090912, "decision": "open", "reason": "exit_free", "pass_id": null, "consumed": false, "list_cursor": "1656413052-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 3 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 3 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 M12?AT?90, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.478.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "M126AT190", "commands": [], "snapshot": true}','snapshots/1/7c/7cea981f-d828-522f-8d07-af4df911b2c0.jpg',0,'2026-12-01 12:40:04.033302');
INSERT INTO "gate_events" VALUES(4,1,1,'1417c3ca-88f8-5c0f-bf82-9a9c93195edc','visit','2026-12-01 12:40:05.776831',1,'2026-12-01 12:40:17.794329','entry','T209KE199','refuse','no_pass',NULL,NULL,9.99870815270013868492e-01,'{"id": "1417c3ca-88f8-5c0f-bf82-9a9c93195edc", "kind": "visit", "at": "2026-12-01T12:40:05.776831Z", "clock_trusted": true, "lane": "entry", "plate": "T209KE199", "format": "ru_1", "confidence": 0.9998708152700139, "decision": "refuse", "reason": "no_pass", "pass_id": null, "consumed": false, "list_cursor": "1656413052-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 11 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 15 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 \u0422 209 \u041a\u0415 199, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 1.000.", "\u041d\u043e\u043c\u0435\u0440\u0430 \u0422 209 \u041a\u0415 199 \u043d\u0435\u0442 \u0432 \u0441\u043f\u0438\u0441\u043a\u0435.", "\u0421\u043f\u0438\u0441\u043e\u043a 1656413052-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 \u043c\u0435\u043d\u044c\u0448\u0435 \u0447\u0430\u0441\u0430.", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "T209KE199", "commands": [], "snapshot": true}','snapshots/1/14/1417c3ca-88f8-5c0f-bf82-9a9c93195edc.jpg',0,'2026-12-01 12:40:05.776831');
CREATE TABLE "gates" (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	lanes JSON NOT NULL, 
	version VARCHAR(64) NOT NULL, 
	token_hash VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	enrolled_at DATETIME, 
	revoked_at DATETIME, 
	last_seen_at DATETIME, 
	health JSON, 
	health_at DATETIME, 
	list_cursor VARCHAR(64), 
	next_token_hash VARCHAR(64), 
	token_at DATETIME, 
	token_wanted_at DATETIME, 
	grade INTEGER, 
	anti_passback_h INTEGER NOT NULL, 
	convoy BOOLEAN NOT NULL, 
	CONSTRAINT pk_gates PRIMARY KEY (id), 
	CONSTRAINT uq_gates_next_token_hash UNIQUE (next_token_hash), 
	CONSTRAINT fk_gates_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_gates_token_hash UNIQUE (token_hash)
);
INSERT INTO "gates" VALUES(1,1,'КПП-1','[{"name": "entry", "direction": "entry"}, {"name": "exit", "direction": "exit"}]','0.2.0','eb3e65d28b4f567027ab6deeb5a6fdbb1d04f9d862cf22c5d80777bbe55e7137','2026-12-01 12:39:15.587225','2026-12-01 12:39:25.906392',NULL,'2026-12-01 12:39:50.787918','{"version": "0.2.0", "clock": "2026-12-01T12:39:50.788101Z", "clock_trusted": true, "uptime_s": 1, "cameras": [{"lane": "entry", "alive": true}, {"lane": "exit", "alive": true}], "relay_alive": true, "disk_free_bytes": 77213990912, "queue_events": 0, "queue_snapshots": 0, "dropped": 0, "list_cursor": "1656413052-2", "list_count": 2, "list_age_s": 1.097966, "temperature_c": null, "disk_total_bytes": 270552530944, "weights": "526257341f58", "alarms": [], "update": {"from_cloud": false, "running": "", "state": "idle", "release": "", "detail": ""}, "rules": {"anti_passback_h": 0.0, "anti_passback_from": "cloud", "convoy": false, "convoy_from": "cloud", "age_s": 1, "chosen": {"anti_passback_h": 0.0, "convoy": false}}}','2026-12-01 12:39:50.787918','1656413052-2',NULL,'2026-12-01 12:39:25.906392',NULL,0,0,0);
CREATE TABLE gone_gates (
	gate_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_gone_gates PRIMARY KEY (gate_id)
);
CREATE TABLE gone_territories (
	code VARCHAR(7) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_gone_territories PRIMARY KEY (code)
);
CREATE TABLE held_notices (
	id INTEGER NOT NULL, 
	member_id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	facts JSON NOT NULL, 
	at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	event_id INTEGER, 
	pass_id VARCHAR(36), 
	foot_id INTEGER, 
	asker_id INTEGER, 
	closed_at DATETIME, 
	outcome VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_held_notices PRIMARY KEY (id), 
	CONSTRAINT fk_held_notices_member_id FOREIGN KEY(member_id) REFERENCES memberships (id) ON DELETE CASCADE, 
	CONSTRAINT fk_held_notices_event_id FOREIGN KEY(event_id) REFERENCES gate_events (id) ON DELETE SET NULL, 
	CONSTRAINT fk_held_notices_pass_id FOREIGN KEY(pass_id) REFERENCES passes (id) ON DELETE SET NULL, 
	CONSTRAINT fk_held_notices_foot_id FOREIGN KEY(foot_id) REFERENCES foot_passes (id) ON DELETE SET NULL, 
	CONSTRAINT fk_held_notices_asker_id FOREIGN KEY(asker_id) REFERENCES memberships (id) ON DELETE SET NULL
);
CREATE TABLE invitations (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	host_id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	valid_from DATETIME NOT NULL, 
	valid_until DATETIME NOT NULL, 
	one_time BOOLEAN NOT NULL, 
	note VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	used_at DATETIME, 
	pass_id VARCHAR(36), 
	CONSTRAINT pk_invitations PRIMARY KEY (id), 
	CONSTRAINT fk_invitations_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_invitations_host_id FOREIGN KEY(host_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash)
);
CREATE TABLE job_files (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_job_files PRIMARY KEY (job_id, number), 
	CONSTRAINT fk_job_files_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	territory_id INTEGER, 
	account_id INTEGER, 
	body JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_at DATETIME NOT NULL, 
	lease VARCHAR(32), 
	leased_until DATETIME, 
	attempts INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	error VARCHAR(200) NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT fk_jobs_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_jobs_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
INSERT INTO "jobs" VALUES(1,'sweep',NULL,NULL,'{}','done','2026-12-01 12:39:23.663733','2026-12-01 12:39:23.663733',NULL,NULL,1,1,'','2026-12-01 12:39:24.050447');
CREATE TABLE "letters" (
	id INTEGER NOT NULL, 
	recipient VARCHAR(254) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	text TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_at DATETIME NOT NULL, 
	leased_until DATETIME, 
	attempts INTEGER NOT NULL, 
	error VARCHAR(200) NOT NULL, 
	ended_at DATETIME, 
	member_id INTEGER, 
	loud BOOLEAN NOT NULL, 
	kind VARCHAR(16), 
	CONSTRAINT pk_letters PRIMARY KEY (id), 
	CONSTRAINT fk_letters_member_id FOREIGN KEY(member_id) REFERENCES memberships (id) ON DELETE CASCADE
);
CREATE TABLE mail_tokens (
	id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	account_id INTEGER NOT NULL, 
	purpose VARCHAR(16) NOT NULL, 
	new_email VARCHAR(254), 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_mail_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_mail_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_mail_tokens_token_hash UNIQUE (token_hash)
);
CREATE TABLE "memberships" (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	object_label VARCHAR(120) NOT NULL, 
	object_key VARCHAR(120) NOT NULL, 
	requested_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	tell_arrived BOOLEAN NOT NULL, 
	tell_refused BOOLEAN NOT NULL, 
	tell_left BOOLEAN NOT NULL, 
	tell_ending BOOLEAN NOT NULL, 
	tell_joining BOOLEAN NOT NULL, 
	household BOOLEAN NOT NULL, 
	by_mail BOOLEAN NOT NULL, 
	by_push BOOLEAN NOT NULL, 
	by_telegram BOOLEAN NOT NULL, 
	quiet_from INTEGER, 
	quiet_until INTEGER, 
	loud_refused BOOLEAN NOT NULL, 
	loud_call BOOLEAN NOT NULL, 
	loud_arrived BOOLEAN NOT NULL, 
	loud_left BOOLEAN NOT NULL, 
	loud_ending BOOLEAN NOT NULL, 
	loud_joining BOOLEAN NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (id), 
	CONSTRAINT uq_memberships_account_id UNIQUE (account_id, territory_id), 
	CONSTRAINT fk_memberships_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES(1,1,1,'manager','accepted','','','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225',0,1,0,0,1,0,1,1,1,NULL,NULL,1,1,0,0,0,0);
INSERT INTO "memberships" VALUES(2,2,1,'operator','accepted','КПП-1','кпп1','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225',0,1,0,0,1,0,1,1,1,NULL,NULL,1,1,0,0,0,0);
INSERT INTO "memberships" VALUES(3,3,1,'resident','accepted','Участок 632 и 633 (дом 148)','участок632и633дом148','2026-12-01 12:39:15.587225','2026-12-01 12:39:15.587225',0,1,0,0,1,0,1,1,1,NULL,NULL,1,1,0,0,0,0);
CREATE TABLE object_quotas (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	object_key VARCHAR(120) NOT NULL, 
	most INTEGER NOT NULL, 
	CONSTRAINT pk_object_quotas PRIMARY KEY (id), 
	CONSTRAINT fk_object_quotas_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_object_quotas_territory_id UNIQUE (territory_id, object_key)
);
CREATE TABLE pairing_codes (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	gate_id INTEGER, 
	code_hash VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by_id INTEGER, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	attempts INTEGER NOT NULL, 
	CONSTRAINT pk_pairing_codes PRIMARY KEY (id), 
	CONSTRAINT fk_pairing_codes_created_by_id FOREIGN KEY(created_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_pairing_codes_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT fk_pairing_codes_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_pairing_codes_code_hash UNIQUE (code_hash)
);
INSERT INTO "pairing_codes" VALUES(1,1,1,'23e2d36d9b923529ec81874a6de8690e806ba8a7c7d0914b9dec51fac2b5327e','2026-12-01 12:39:15.587225',1,'2026-12-02 12:39:15.587225','2026-12-01 12:39:25.882308',0);
CREATE TABLE "passes" (
	id VARCHAR(36) NOT NULL, 
	territory_id INTEGER NOT NULL, 
	plate VARCHAR(16) NOT NULL, 
	plate_display VARCHAR(24) NOT NULL, 
	valid_from DATETIME, 
	valid_until DATETIME, 
	one_time BOOLEAN NOT NULL, 
	blocked BOOLEAN NOT NULL, 
	object_label VARCHAR(120) NOT NULL, 
	object_key VARCHAR(120) NOT NULL, 
	note VARCHAR(200) NOT NULL, 
	owner_id INTEGER, 
	filed_by_id INTEGER, 
	created_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	used_at DATETIME, 
	used_event_id VARCHAR(36), 
	rev INTEGER NOT NULL, 
	hours VARCHAR(200) NOT NULL, ending_told_at DATETIME, 
	CONSTRAINT pk_passes PRIMARY KEY (id), 
	CONSTRAINT fk_passes_filed_by_id FOREIGN KEY(filed_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_passes_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passes_owner_id FOREIGN KEY(owner_id) REFERENCES accounts (id) ON DELETE SET NULL
);
INSERT INTO "passes" VALUES('73c4806e-a748-4a71-95c5-417f79e875cb',1,'A481MP77','A481MP77',NULL,'2026-12-31 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-12-01 12:39:44.400893',NULL,NULL,NULL,1,'',NULL);
INSERT INTO "passes" VALUES('0892c5ea-e801-4178-b148-5cfd1f4c2e52',1,'B702CX150','B702CX150',NULL,'2026-12-31 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-12-01 12:39:44.776518',NULL,NULL,NULL,2,'',NULL);
CREATE TABLE "push_messages" (
	id INTEGER NOT NULL, 
	receiver_id INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	urgent BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	member_id INTEGER, 
	loud BOOLEAN NOT NULL, 
	not_before DATETIME, 
	kind VARCHAR(16), 
	CONSTRAINT pk_push_messages PRIMARY KEY (id), 
	CONSTRAINT fk_push_messages_receiver_id FOREIGN KEY(receiver_id) REFERENCES push_subscriptions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_push_messages_member_id FOREIGN KEY(member_id) REFERENCES memberships (id) ON DELETE CASCADE
);
CREATE TABLE push_subscriptions (
	id INTEGER NOT NULL, 
	device_id INTEGER NOT NULL, 
	endpoint VARCHAR(1024) NOT NULL, 
	endpoint_hash VARCHAR(64) NOT NULL, 
	public_key VARCHAR(100) NOT NULL, 
	auth_secret VARCHAR(32) NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_at DATETIME NOT NULL, 
	leased_until DATETIME, 
	attempts INTEGER NOT NULL, 
	failing_since DATETIME, 
	taken_at DATETIME, 
	error VARCHAR(200) NOT NULL, 
	refused INTEGER NOT NULL, 
	CONSTRAINT pk_push_subscriptions PRIMARY KEY (id), 
	CONSTRAINT fk_push_subscriptions_device_id FOREIGN KEY(device_id) REFERENCES devices (id) ON DELETE CASCADE, 
	CONSTRAINT uq_push_subscriptions_device_id UNIQUE (device_id), 
	CONSTRAINT uq_push_subscriptions_endpoint_hash UNIQUE (endpoint_hash)
);
CREATE TABLE "registrations" (
	id INTEGER NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	consent_version VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_registrations PRIMARY KEY (id), 
	CONSTRAINT uq_registrations_token_hash UNIQUE (token_hash)
);
CREATE TABLE release_pieces (
	release_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_release_pieces PRIMARY KEY (release_id, number), 
	CONSTRAINT fk_release_pieces_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE CASCADE
);
CREATE TABLE releases (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	python VARCHAR(8) NOT NULL, 
	machine VARCHAR(20) NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	added_at DATETIME NOT NULL, 
	CONSTRAINT pk_releases PRIMARY KEY (id), 
	CONSTRAINT uq_releases_name UNIQUE (name, python, machine)
);
CREATE TABLE rollout_gates (
	rollout_id INTEGER NOT NULL, 
	gate_id INTEGER NOT NULL, 
	ring INTEGER NOT NULL, 
	given_at DATETIME NOT NULL, 
	heard_at DATETIME NOT NULL, 
	"before" INTEGER, 
	running BOOLEAN NOT NULL, 
	failed VARCHAR(16) NOT NULL, 
	good_since DATETIME, 
	worse_since DATETIME, 
	forgiven BOOLEAN NOT NULL, 
	CONSTRAINT pk_rollout_gates PRIMARY KEY (rollout_id, gate_id), 
	CONSTRAINT fk_rollout_gates_rollout_id FOREIGN KEY(rollout_id) REFERENCES rollouts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_rollout_gates_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE
);
CREATE TABLE rollouts (
	id INTEGER NOT NULL, 
	release_id INTEGER NOT NULL, 
	phase VARCHAR(16) NOT NULL, 
	ring INTEGER NOT NULL, 
	why VARCHAR(16) NOT NULL, 
	rings JSON NOT NULL, 
	rules JSON NOT NULL, 
	started_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_rollouts PRIMARY KEY (id), 
	CONSTRAINT fk_rollouts_release_id FOREIGN KEY(release_id) REFERENCES releases (id)
);
CREATE TABLE telegram_chats (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	chat_id BIGINT, 
	language VARCHAR(2) NOT NULL, 
	agreed_at DATETIME NOT NULL, 
	gone_at DATETIME, 
	gone_why VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_at DATETIME NOT NULL, 
	leased_until DATETIME, 
	attempts INTEGER NOT NULL, 
	failing_since DATETIME, 
	taken_at DATETIME, 
	error VARCHAR(200) NOT NULL, 
	refused INTEGER NOT NULL, 
	CONSTRAINT pk_telegram_chats PRIMARY KEY (id), 
	CONSTRAINT fk_telegram_chats_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_telegram_chats_account_id UNIQUE (account_id), 
	CONSTRAINT uq_telegram_chats_chat_id UNIQUE (chat_id)
);
CREATE TABLE telegram_codes (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_telegram_codes PRIMARY KEY (id), 
	CONSTRAINT fk_telegram_codes_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_telegram_codes_account_id UNIQUE (account_id), 
	CONSTRAINT uq_telegram_codes_code_hash UNIQUE (code_hash)
);
CREATE TABLE "telegram_messages" (
	id INTEGER NOT NULL, 
	receiver_id INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	urgent BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	member_id INTEGER, 
	loud BOOLEAN NOT NULL, 
	not_before DATETIME, 
	kind VARCHAR(16), 
	CONSTRAINT pk_telegram_messages PRIMARY KEY (id), 
	CONSTRAINT fk_telegram_messages_receiver_id FOREIGN KEY(receiver_id) REFERENCES telegram_chats (id) ON DELETE CASCADE, 
	CONSTRAINT fk_telegram_messages_member_id FOREIGN KEY(member_id) REFERENCES memberships (id) ON DELETE CASCADE
);
CREATE TABLE telegram_updates (
	id INTEGER NOT NULL, 
	done_at DATETIME NOT NULL, 
	CONSTRAINT pk_telegram_updates PRIMARY KEY (id)
);
CREATE TABLE "territories" (
	id INTEGER NOT NULL, 
	code VARCHAR(7) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	timezone VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	passes_per_object INTEGER, 
	longest_period_days INTEGER, 
	retention_days INTEGER NOT NULL, 
	pass_rev INTEGER NOT NULL, 
	pass_epoch INTEGER NOT NULL, 
	pass_floor INTEGER NOT NULL, 
	filings_per_hour INTEGER, 
	ask_pin BOOLEAN NOT NULL, 
	closed_at DATETIME, 
	operator_name VARCHAR(200) NOT NULL, 
	operator_inn VARCHAR(12) NOT NULL, 
	operator_address VARCHAR(300) NOT NULL, 
	operator_email VARCHAR(254) NOT NULL, 
	calls_host BOOLEAN NOT NULL, 
	calls_unproven BOOLEAN NOT NULL, 
	updates_stopped_at DATETIME, 
	telegram_off BOOLEAN NOT NULL, 
	CONSTRAINT pk_territories PRIMARY KEY (id), 
	CONSTRAINT uq_territories_code UNIQUE (code)
);
INSERT INTO "territories" VALUES(1,'389-890','СНТ «Ромашка»','Europe/Moscow','2026-12-01 12:39:15.587225',30,366,90,2,1656413052,0,60,0,NULL,'','','','',0,0,NULL,0);
CREATE TABLE unwelcome (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	plate VARCHAR(16) NOT NULL, 
	plate_display VARCHAR(24) NOT NULL, 
	note VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_unwelcome PRIMARY KEY (id), 
	CONSTRAINT fk_unwelcome_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_unwelcome_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_unwelcome_territory_id UNIQUE (territory_id, account_id, plate)
);
CREATE TABLE visit_days (
	gate_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	decision VARCHAR(16) NOT NULL, 
	territory_id INTEGER NOT NULL, 
	visits INTEGER NOT NULL, 
	CONSTRAINT pk_visit_days PRIMARY KEY (gate_id, day, decision), 
	CONSTRAINT fk_visit_days_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT fk_visit_days_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
INSERT INTO "visit_days" VALUES(1,'2026-12-01','open',1,3);
INSERT INTO "visit_days" VALUES(1,'2026-12-01','refuse',1,1);
CREATE TABLE webhook_events (
	id INTEGER NOT NULL, 
	receiver_id INTEGER NOT NULL, 
	message_id VARCHAR(36) NOT NULL, 
	body TEXT NOT NULL, 
	urgent BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_webhook_events PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_events_receiver_id FOREIGN KEY(receiver_id) REFERENCES webhooks (id) ON DELETE CASCADE
);
CREATE TABLE webhooks (
	id INTEGER NOT NULL, 
	territory_id INTEGER NOT NULL, 
	made_by_id INTEGER, 
	url VARCHAR(500) NOT NULL, 
	secret VARCHAR(64) NOT NULL, 
	off_at DATETIME, 
	off_why VARCHAR(16) NOT NULL, 
	lost INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_at DATETIME NOT NULL, 
	leased_until DATETIME, 
	attempts INTEGER NOT NULL, 
	failing_since DATETIME, 
	taken_at DATETIME, 
	error VARCHAR(200) NOT NULL, 
	refused INTEGER NOT NULL, 
	CONSTRAINT pk_webhooks PRIMARY KEY (id), 
	CONSTRAINT fk_webhooks_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_webhooks_made_by_id FOREIGN KEY(made_by_id) REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE INDEX ix_attempts_window_ends_at ON attempts (window_ends_at);
CREATE INDEX ix_audit_account_id ON audit (account_id);
CREATE INDEX ix_audit_territory_id_at ON audit (territory_id, at);
CREATE INDEX ix_devices_account_id ON devices (account_id);
CREATE INDEX ix_mail_tokens_account_id ON mail_tokens (account_id);
CREATE INDEX ix_pairing_codes_gate_id ON pairing_codes (gate_id);
CREATE INDEX ix_event_notes_event_id ON event_notes (event_id);
CREATE INDEX ix_gate_events_pass_id ON gate_events (pass_id);
CREATE INDEX ix_gate_events_territory_id_plate ON gate_events (territory_id, plate);
CREATE INDEX ix_gate_events_territory_id_placed_at ON gate_events (territory_id, placed_at, decision);
CREATE INDEX ix_registrations_email ON registrations (email);
CREATE INDEX ix_passes_territory_id_object_key ON passes (territory_id, object_key);
CREATE INDEX ix_passes_owner_id ON passes (owner_id);
CREATE INDEX ix_passes_territory_id_rev ON passes (territory_id, rev);
CREATE INDEX ix_passes_territory_id_created_at ON passes (territory_id, created_at);
CREATE INDEX ix_passes_territory_id_plate ON passes (territory_id, plate);
CREATE INDEX ix_invitations_host_id ON invitations (host_id);
CREATE INDEX ix_invitations_territory_id_host_id ON invitations (territory_id, host_id);
CREATE INDEX ix_unwelcome_account_id ON unwelcome (account_id);
CREATE INDEX ix_api_tokens_territory_id ON api_tokens (territory_id);
CREATE INDEX ix_webhooks_territory_id ON webhooks (territory_id);
CREATE INDEX ix_webhook_events_receiver_id ON webhook_events (receiver_id);
CREATE INDEX ix_passes_territory_id_valid_until ON passes (territory_id, valid_until) WHERE deleted_at IS NULL;
CREATE INDEX ix_passes_territory_id_used_at ON passes (territory_id, used_at) WHERE used_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX ix_passes_territory_id_deleted_at ON passes (territory_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_jobs_territory_id ON jobs (territory_id);
CREATE INDEX ix_jobs_account_id ON jobs (account_id);
CREATE INDEX ix_jobs_state_next_at ON jobs (state, next_at);
CREATE INDEX ix_visit_days_territory_id_day ON visit_days (territory_id, day);
CREATE INDEX ix_rollouts_phase ON rollouts (phase);
CREATE INDEX ix_rollout_gates_gate_id ON rollout_gates (gate_id);
CREATE INDEX ix_departed_credentials_code ON departed_credentials (code);
CREATE INDEX ix_calls_territory_id_rang_at ON calls (territory_id, rang_at);
CREATE INDEX ix_calls_gate_id_rang_at ON calls (gate_id, rang_at);
CREATE INDEX ix_calls_host_id ON calls (host_id);
CREATE INDEX ix_calls_answered_by_id ON calls (answered_by_id);
CREATE INDEX ix_commands_gate_id_created_at ON commands (gate_id, created_at);
CREATE INDEX ix_commands_call_id ON commands (call_id);
CREATE INDEX ix_commands_visit_id ON commands (visit_id);
CREATE INDEX ix_gate_events_territory_id_id ON gate_events (territory_id, id);
CREATE INDEX ix_passes_valid_until_untold ON passes (valid_until) WHERE deleted_at IS NULL AND used_at IS NULL AND ending_told_at IS NULL;
CREATE INDEX ix_telegram_codes_expires_at ON telegram_codes (expires_at);
CREATE INDEX ix_gates_territory_id ON gates (territory_id);
CREATE INDEX ix_memberships_territory_id_state ON memberships (territory_id, state);
CREATE INDEX ix_memberships_territory_id_object_key ON memberships (territory_id, object_key);
CREATE INDEX ix_held_notices_member_id ON held_notices (member_id);
CREATE INDEX ix_held_notices_event_id ON held_notices (event_id);
CREATE INDEX ix_held_notices_pass_id ON held_notices (pass_id);
CREATE INDEX ix_held_notices_foot_id ON held_notices (foot_id);
CREATE INDEX ix_held_notices_asker_id ON held_notices (asker_id);
CREATE INDEX ix_held_notices_due_at ON held_notices (due_at);
CREATE INDEX ix_held_notices_closed_at ON held_notices (closed_at);
CREATE INDEX ix_telegram_updates_done_at ON telegram_updates (done_at);
CREATE INDEX ix_letters_member_id ON letters (member_id);
CREATE INDEX ix_letters_state_next_at ON letters (state, next_at);
CREATE INDEX ix_push_messages_member_id ON push_messages (member_id);
CREATE INDEX ix_push_messages_receiver_id ON push_messages (receiver_id);
CREATE INDEX ix_telegram_messages_receiver_id ON telegram_messages (receiver_id);
CREATE INDEX ix_telegram_messages_member_id ON telegram_messages (member_id);
CREATE INDEX ix_foot_passes_owner_id ON foot_passes (owner_id);
CREATE INDEX ix_foot_passes_territory_id_valid_until ON foot_passes (territory_id, valid_until);
COMMIT;
PRAGMA user_version = 0;
PRAGMA application_id = 0;
