BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	consented_at DATETIME, pin_hash VARCHAR(200), totp_secret VARCHAR(64), totp_step BIGINT, recovery_hashes JSON, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_email UNIQUE (email)
);
INSERT INTO "accounts" VALUES(1,'manager@example.com','Соколова Анна','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$Y40b2z8RoXj0iumOcDiZqQ$03uiOymd18+DwhS+OzEAHkjS4ld6rz3E2lKVPIu4ls8','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(2,'guard@example.com','Петров Олег','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$Y40b2z8RoXj0iumOcDiZqQ$03uiOymd18+DwhS+OzEAHkjS4ld6rz3E2lKVPIu4ls8','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(3,'resident@example.com','Иванов Иван','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$Y40b2z8RoXj0iumOcDiZqQ$03uiOymd18+DwhS+OzEAHkjS4ld6rz3E2lKVPIu4ls8','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676','2026-11-29 19:31:04.695112',NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0016');
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
CREATE TABLE attempts (
	"key" VARCHAR(64) NOT NULL, 
	window_ends_at DATETIME NOT NULL, 
	count INTEGER NOT NULL, blocked_until DATETIME, 
	CONSTRAINT pk_attempts PRIMARY KEY ("key")
);
INSERT INTO "attempts" VALUES('118e9ceb5f4cdbb7467d50008dd88d757c1a85b110768c8faa5cd1018de3b864','2026-11-29 20:31:04.695112',0,NULL);
INSERT INTO "attempts" VALUES('4a575e3d619986991951d124c8ec06139f6e51a1cb79835449297c9f009ac5b6','2026-11-29 19:46:04.103981',0,NULL);
INSERT INTO "attempts" VALUES('6a5a9419a73c77293942cb74d2e491fd0f64423e000c6be3c832195e046f5a80','2026-11-29 20:31:04.488575',2,NULL);
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
INSERT INTO "audit" VALUES(1,'2026-11-29 19:31:04.337584',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(2,'2026-11-29 19:31:04.538597',1,3,'Иванов Иван','pass-added','A481MP77','127.0.0.1');
INSERT INTO "audit" VALUES(3,'2026-11-29 19:31:04.899979',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(4,'2026-11-29 19:31:04.954188',1,3,'Иванов Иван','pass-added','B702CX150','127.0.0.1');
CREATE TABLE commands (
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
	CONSTRAINT pk_commands PRIMARY KEY (id), 
	CONSTRAINT fk_commands_created_by_id FOREIGN KEY(created_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_commands_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE
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
INSERT INTO "consents" VALUES(1,3,'2026-11-22','2026-11-29 19:31:04.103981','127.0.0.1');
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
INSERT INTO "devices" VALUES(1,'acae682ac074d729526450cf2e04eb68ee1268caf1184b824f378c1bdc4144d8',3,0,'2026-11-29 19:31:04.103981','2026-11-29 19:31:04.103981','2027-11-29 19:31:04.103981','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "devices" VALUES(2,'b10e665f253c07c7f3963b21b2831c844266a99a7209ef3397828c13610c8dae',3,0,'2026-11-29 19:31:04.695112','2026-11-29 19:31:04.695112','2027-11-29 19:31:04.695112','python-httpx/0.28.1','127.0.0.1');
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
	CONSTRAINT uq_gate_events_gate_id UNIQUE (gate_id, event_id), 
	CONSTRAINT fk_gate_events_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE, 
	CONSTRAINT fk_gate_events_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
INSERT INTO "gate_events" VALUES(1,1,1,'e0ff1856-a6ad-559f-a901-0ab351705ae7','visit','2026-11-29 19:31:13.748904',1,'2026-11-29 19:31:25.018459','entry','A481MP77','open','pass_valid','4b299db1-ed8a-4613-a82a-8c2119b8e356','Участок 632 и 633 (дом 148)',9.86941793316329696317e-01,'{"id": "e0ff1856-a6ad-559f-a901-0ab351705ae7", "kind": "visit", "at": "2026-11-29T19:31:13.748904Z", "clock_trusted": true, "lane": "entry", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9869417933163297, "decision": "open", "reason": "pass_valid", "pass_id": "4b299db1-ed8a-4613-a82a-8c2119b8e356", "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 15 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 10 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.987.", "\u041d\u043e\u043c\u0435\u0440 A481MP77 \u0435\u0441\u0442\u044c \u0432 \u0441\u043f\u0438\u0441\u043a\u0435 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a 4b299db1-ed8a-4613-a82a-8c2119b8e356).", "\u0421\u043f\u0438\u0441\u043e\u043a 1057581143-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041f\u0440\u043e\u043f\u0443\u0441\u043a 4b299db1-ed8a-4613-a82a-8c2119b8e356 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442: \u2026 \u2013 2026-12-29T21:00+00:00.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u043f\u0440\u043e\u043f\u0443\u0441\u043a \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/e0/e0ff1856-a6ad-559f-a901-0ab351705ae7.jpg',0,'2026-11-29 19:31:13.748904');
INSERT INTO "gate_events" VALUES(2,1,1,'148627cf-ec60-5eef-8a36-e2441e941743','visit','2026-11-29 19:31:12.086128',1,'2026-11-29 19:31:26.393722','exit','A481MP77','open','exit_free','4b299db1-ed8a-4613-a82a-8c2119b8e356','Участок 632 и 633 (дом 148)',9.99568581103414621757e-01,'{"id": "148627cf-ec60-5eef-8a36-e2441e941743", "kind": "visit", "at": "2026-11-29T19:31:12.086128Z", "clock_trusted": true, "lane": "exit", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9995685811034146, "decision": "open", "reason": "exit_free", "pass_id": "4b299db1-ed8a-4613-a82a-8c2119b8e356", "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 9 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 6 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP?7, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.370.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/14/148627cf-ec60-5eef-8a36-e2441e941743.jpg',0,'2026-11-29 19:31:12.086128');
INSERT INTO "gate_events" VALUES(3,1,1,'cfd57b5b-560b-5e47-948f-361eae3d7504','visit','2026-11-29 19:31:24.307351',1,'2026-11-29 19:31:37.986323','exit','M126AT190','open','exit_free',NULL,NULL,9.99795957274563829031e-01,'{"id": "cfd57b5b-560b-5e47-948f-361eae3d7504", "kind": "visit", "at": "2026-11-29T19:31:24.307351Z", "clock_trusted": true, "lane": "exit", "plate": "M126AT190", "format": "ru_1", "confidence": 0.9997959572745638, "decision": "open", "reason": "exit_free", "pass_id": null, "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 13 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 8 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 ?126AT?90, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.292.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "M126AT190", "snapshot": true}','snapshots/1/cf/cfd57b5b-560b-5e47-948f-361eae3d7504.jpg',0,'2026-11-29 19:31:24.307351');
INSERT INTO "gate_events" VALUES(4,1,1,'474cf0b0-e401-5900-b30d-ef5d5f1ccc05','visit','2026-11-29 19:31:25.885295',1,'2026-11-29 19:31:38.353440','entry','T209KE199','refuse','no_pass',NULL,NULL,9.9964399513101653838e-01,'{"id": "474cf0b0-e401-5900-b30d-ef5d5f1ccc05", "kind": "visit", "at": "2026-11-29T19:31:25.885295Z", "clock_trusted": true, "lane": "entry", "plate": "T209KE199", "format": "ru_1", "confidence": 0.9996439951310165, "decision": "refuse", "reason": "no_pass", "pass_id": null, "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 9 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 6 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 T209KE199, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.895.", "\u041d\u043e\u043c\u0435\u0440\u0430 T209KE199 \u043d\u0435\u0442 \u0432 \u0441\u043f\u0438\u0441\u043a\u0435.", "\u0421\u043f\u0438\u0441\u043e\u043a 1057581143-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "T209KE199", "snapshot": true}','snapshots/1/47/474cf0b0-e401-5900-b30d-ef5d5f1ccc05.jpg',0,'2026-11-29 19:31:25.885295');
INSERT INTO "gate_events" VALUES(5,1,1,'8dc4a02e-e3e9-5234-9c3c-513bb08aa677','visit','2026-11-29 19:31:39.460878',1,'2026-11-29 19:31:50.502292','entry','H640XA750','open','local_list','c313ebea-c55f-5c61-b765-dc54842674c9',NULL,9.82196038753980649183e-01,'{"id": "8dc4a02e-e3e9-5234-9c3c-513bb08aa677", "kind": "visit", "at": "2026-11-29T19:31:39.460878Z", "clock_trusted": true, "lane": "entry", "plate": "H640XA750", "format": "ru_1a", "confidence": 0.9821960387539806, "decision": "open", "reason": "local_list", "pass_id": "c313ebea-c55f-5c61-b765-dc54842674c9", "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 7 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 6 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 H640XA75?, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.892.", "\u041f\u0440\u043e\u0447\u0438\u0442\u0430\u043d\u043e H640XA75?: \u043d\u0438 \u043d\u0430 \u043e\u0434\u043d\u043e\u043c \u043a\u0430\u0434\u0440\u0435 \u043d\u043e\u043c\u0435\u0440 \u043d\u0435 \u0432\u0438\u0434\u0435\u043d \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e \u0446\u0435\u043b\u0438\u043a\u043e\u043c \u0438\u043b\u0438 \u043a\u0430\u0434\u0440\u044b \u0441\u043f\u043e\u0440\u044f\u0442; \u043f\u043e \u0441\u0443\u043c\u043c\u0435 \u0434\u043e\u0433\u0430\u0434\u043e\u043a \u043d\u0435 \u043e\u0442\u043a\u0440\u044b\u0432\u0430\u0435\u043c.", "\u041f\u043e 9 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 8 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 H640XA750, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.982.", "\u041d\u043e\u043c\u0435\u0440 H640XA750 \u0435\u0441\u0442\u044c \u0432 \u0441\u043f\u0438\u0441\u043a\u0435 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a c313ebea-c55f-5c61-b765-dc54842674c9).", "\u0421\u043f\u0438\u0441\u043e\u043a 1057581143-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041f\u0440\u043e\u043f\u0443\u0441\u043a c313ebea-c55f-5c61-b765-dc54842674c9 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442: 2025-12-31T21:00+00:00 \u2013 \u2026.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432 \u043c\u0435\u0441\u0442\u043d\u043e\u043c \u0441\u043f\u0438\u0441\u043a\u0435).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "H640XA750", "snapshot": true}','snapshots/1/8d/8dc4a02e-e3e9-5234-9c3c-513bb08aa677.jpg',0,'2026-11-29 19:31:39.460878');
INSERT INTO "gate_events" VALUES(6,1,1,'b44a517c-d59c-53f9-9e92-c52d5dc84c06','visit','2026-11-29 19:31:38.019696',1,'2026-11-29 19:31:51.430842','exit','A481MP77','open','exit_free','4b299db1-ed8a-4613-a82a-8c2119b8e356','Участок 632 и 633 (дом 148)',9.99622627632051341528e-01,'{"id": "b44a517c-d59c-53f9-9e92-c52d5dc84c06", "kind": "visit", "at": "2026-11-29T19:31:38.019696Z", "clock_trusted": true, "lane": "exit", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9996226276320513, "decision": "open", "reason": "exit_free", "pass_id": "4b299db1-ed8a-4613-a82a-8c2119b8e356", "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 6 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 4 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481?P77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.541.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/b4/b44a517c-d59c-53f9-9e92-c52d5dc84c06.jpg',0,'2026-11-29 19:31:38.019696');
INSERT INTO "gate_events" VALUES(7,1,1,'316caa21-662a-56c1-b5ea-13c5c393f37c','visit','2026-11-29 19:31:52.495021',1,'2026-11-29 19:32:01.125800','entry',NULL,'refuse','unreadable',NULL,NULL,0.0,'{"id": "316caa21-662a-56c1-b5ea-13c5c393f37c", "kind": "visit", "at": "2026-11-29T19:31:52.495021Z", "clock_trusted": true, "lane": "entry", "plate": null, "format": null, "confidence": 0.0, "decision": "refuse", "reason": "unreadable", "pass_id": null, "consumed": false, "list_cursor": "1057581143-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 1 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 1 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 ??, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.175.", "\u041d\u043e\u043c\u0435\u0440 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u0442\u044c \u043d\u0435 \u0443\u0434\u0430\u043b\u043e\u0441\u044c: ??, 0.18.", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "??", "snapshot": true}','snapshots/1/31/316caa21-662a-56c1-b5ea-13c5c393f37c.jpg',0,'2026-11-29 19:31:52.495021');
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
	CONSTRAINT pk_gates PRIMARY KEY (id), 
	CONSTRAINT uq_gates_token_hash UNIQUE (token_hash), 
	CONSTRAINT fk_gates_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_gates_next_token_hash UNIQUE (next_token_hash)
);
INSERT INTO "gates" VALUES(1,1,'КПП-1','[{"name": "entry", "direction": "entry"}, {"name": "exit", "direction": "exit"}]','0.1.0','c956de1443c7ff4ad5c39b5a1d912f1546c9f48f83df4dc59f419dee204e41e1','2026-11-29 19:30:12.314676','2026-11-29 19:30:35.093512',NULL,'2026-11-29 19:31:09.722101','{"version": "0.1.0", "clock": "2026-11-29T19:31:09.708353Z", "clock_trusted": true, "uptime_s": 0, "cameras": [{"lane": "entry", "alive": true}, {"lane": "exit", "alive": true}], "relay_alive": true, "disk_free_bytes": 79150710784, "queue_events": 0, "queue_snapshots": 0, "dropped": 0, "list_cursor": "1057581143-2", "list_count": 2, "list_age_s": 0.026973, "temperature_c": null}','2026-11-29 19:31:09.722101','1057581143-2',NULL,'2026-11-29 19:30:35.093512');
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
CREATE TABLE letters (
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
	CONSTRAINT pk_letters PRIMARY KEY (id)
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
	CONSTRAINT pk_memberships PRIMARY KEY (id), 
	CONSTRAINT fk_memberships_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_memberships_account_id UNIQUE (account_id, territory_id), 
	CONSTRAINT fk_memberships_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES(1,1,1,'manager','accepted','','','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676',0,1,0,0,1,0);
INSERT INTO "memberships" VALUES(2,2,1,'operator','accepted','КПП-1','кпп1','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676',0,1,0,0,1,0);
INSERT INTO "memberships" VALUES(3,3,1,'resident','accepted','Участок 632 и 633 (дом 148)','участок632и633дом148','2026-11-29 19:30:12.314676','2026-11-29 19:30:12.314676',0,1,0,0,1,0);
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
INSERT INTO "pairing_codes" VALUES(1,1,1,'2afd948e9bff6cca2a2846cae7cd59579d2495c5365dcfffe92d6b06b7574516','2026-11-29 19:30:12.314676',1,'2026-11-30 19:30:12.314676','2026-11-29 19:30:35.020595',0);
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
	CONSTRAINT fk_passes_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passes_filed_by_id FOREIGN KEY(filed_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_passes_owner_id FOREIGN KEY(owner_id) REFERENCES accounts (id) ON DELETE SET NULL
);
INSERT INTO "passes" VALUES('4b299db1-ed8a-4613-a82a-8c2119b8e356',1,'A481MP77','A481MP77',NULL,'2026-12-29 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-11-29 19:31:04.488575',NULL,NULL,NULL,1,'',NULL);
INSERT INTO "passes" VALUES('d9c0f33f-59c3-47c0-a4b0-568b2a55ee9e',1,'B702CX150','B702CX150',NULL,'2026-12-29 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-11-29 19:31:04.926194',NULL,NULL,NULL,2,'',NULL);
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
	ask_pin BOOLEAN NOT NULL, closed_at DATETIME, 
	CONSTRAINT pk_territories PRIMARY KEY (id), 
	CONSTRAINT uq_territories_code UNIQUE (code)
);
INSERT INTO "territories" VALUES(1,'619-905','СНТ «Ромашка»','Europe/Moscow','2026-11-29 19:30:12.314676',30,366,90,2,1057581143,0,60,0,NULL);
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
CREATE INDEX ix_attempts_window_ends_at ON attempts (window_ends_at);
CREATE INDEX ix_audit_account_id ON audit (account_id);
CREATE INDEX ix_audit_territory_id_at ON audit (territory_id, at);
CREATE INDEX ix_devices_account_id ON devices (account_id);
CREATE INDEX ix_mail_tokens_account_id ON mail_tokens (account_id);
CREATE INDEX ix_commands_gate_id_created_at ON commands (gate_id, created_at);
CREATE INDEX ix_pairing_codes_gate_id ON pairing_codes (gate_id);
CREATE INDEX ix_event_notes_event_id ON event_notes (event_id);
CREATE INDEX ix_letters_state_next_at ON letters (state, next_at);
CREATE INDEX ix_gate_events_territory_id_plate ON gate_events (territory_id, plate);
CREATE INDEX ix_gate_events_pass_id ON gate_events (pass_id);
CREATE INDEX ix_gate_events_territory_id_placed_at ON gate_events (territory_id, placed_at, decision);
CREATE INDEX ix_gates_territory_id ON gates (territory_id);
CREATE INDEX ix_registrations_email ON registrations (email);
CREATE INDEX ix_passes_territory_id_created_at ON passes (territory_id, created_at);
CREATE INDEX ix_passes_owner_id ON passes (owner_id);
CREATE INDEX ix_passes_territory_id_object_key ON passes (territory_id, object_key);
CREATE INDEX ix_passes_territory_id_plate ON passes (territory_id, plate);
CREATE INDEX ix_passes_territory_id_rev ON passes (territory_id, rev);
CREATE INDEX ix_invitations_host_id ON invitations (host_id);
CREATE INDEX ix_invitations_territory_id_host_id ON invitations (territory_id, host_id);
CREATE INDEX ix_memberships_territory_id_object_key ON memberships (territory_id, object_key);
CREATE INDEX ix_memberships_territory_id_state ON memberships (territory_id, state);
CREATE INDEX ix_unwelcome_account_id ON unwelcome (account_id);
CREATE INDEX ix_api_tokens_territory_id ON api_tokens (territory_id);
COMMIT;
PRAGMA user_version = 0;
PRAGMA application_id = 0;
