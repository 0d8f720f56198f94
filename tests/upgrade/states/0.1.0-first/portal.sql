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
INSERT INTO "accounts" VALUES(1,'manager@example.com','Соколова Анна','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$wFCpUi8OGqukxayWQ6PPfQ$1dwh9yRcwK6Sb1JHrw0GNnRWcBXqk/t4iTo74ngdpWY','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(2,'guard@example.com','Петров Олег','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$wFCpUi8OGqukxayWQ6PPfQ$1dwh9yRcwK6Sb1JHrw0GNnRWcBXqk/t4iTo74ngdpWY','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(3,'resident@example.com','Иванов Иван','+79120000000','$argon2id$v=19$m=19456,t=2,p=1$wFCpUi8OGqukxayWQ6PPfQ$1dwh9yRcwK6Sb1JHrw0GNnRWcBXqk/t4iTo74ngdpWY','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344','2026-11-29 19:33:28.111676',NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE attempts (
	"key" VARCHAR(64) NOT NULL, 
	window_ends_at DATETIME NOT NULL, 
	count INTEGER NOT NULL, blocked_until DATETIME, 
	CONSTRAINT pk_attempts PRIMARY KEY ("key")
);
INSERT INTO "attempts" VALUES('4485ad0e5ef0338ef9a28244ef2297fcf351f25a3ab2e698181d316ce3fe268b','2026-11-29 20:33:28.111676',0,NULL);
INSERT INTO "attempts" VALUES('4a575e3d619986991951d124c8ec06139f6e51a1cb79835449297c9f009ac5b6','2026-11-29 19:48:27.199665',0,NULL);
INSERT INTO "attempts" VALUES('6a5a9419a73c77293942cb74d2e491fd0f64423e000c6be3c832195e046f5a80','2026-11-29 20:33:27.807672',2,NULL);
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
INSERT INTO "audit" VALUES(1,'2026-11-29 19:33:27.550449',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(2,'2026-11-29 19:33:27.884209',1,3,'Иванов Иван','pass-added','A481MP77','127.0.0.1');
INSERT INTO "audit" VALUES(3,'2026-11-29 19:33:28.369836',NULL,3,'Иванов Иван','logged-in','','127.0.0.1');
INSERT INTO "audit" VALUES(4,'2026-11-29 19:33:28.459385',1,3,'Иванов Иван','pass-added','B702CX150','127.0.0.1');
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
INSERT INTO "consents" VALUES(1,3,'2026-11-22','2026-11-29 19:33:27.199665','127.0.0.1');
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
INSERT INTO "devices" VALUES(1,'a21e94987aefe138ed597ad7856e9a85bc2e90e1629ea5789e64de588eca0bb7',3,0,'2026-11-29 19:33:27.199665','2026-11-29 19:33:27.199665','2027-11-29 19:33:27.199665','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "devices" VALUES(2,'500a5752d5379e242ba86c10b2825a6ecd4538b8cb89d0701f616393f371cec4',3,0,'2026-11-29 19:33:28.111676','2026-11-29 19:33:28.111676','2027-11-29 19:33:28.111676','python-httpx/0.28.1','127.0.0.1');
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
	CONSTRAINT fk_gate_events_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_gate_events_gate_id FOREIGN KEY(gate_id) REFERENCES gates (id) ON DELETE CASCADE
);
INSERT INTO "gate_events" VALUES(1,1,1,'d7a4959b-5d19-5e17-bec5-8ad1f4229e47','visit','2026-11-29 19:33:38.296747',1,'2026-11-29 19:33:49.697110','entry','A481MP77','open','pass_valid','af27f401-f8e2-4271-be15-bf0ed4d383b9','Участок 632 и 633 (дом 148)',9.9564319812688617528e-01,'{"id": "d7a4959b-5d19-5e17-bec5-8ad1f4229e47", "kind": "visit", "at": "2026-11-29T19:33:38.296747Z", "clock_trusted": true, "lane": "entry", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9956431981268862, "decision": "open", "reason": "pass_valid", "pass_id": "af27f401-f8e2-4271-be15-bf0ed4d383b9", "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 9 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 8 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.996.", "\u041d\u043e\u043c\u0435\u0440 A481MP77 \u0435\u0441\u0442\u044c \u0432 \u0441\u043f\u0438\u0441\u043a\u0435 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a af27f401-f8e2-4271-be15-bf0ed4d383b9).", "\u0421\u043f\u0438\u0441\u043e\u043a 319329491-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041f\u0440\u043e\u043f\u0443\u0441\u043a af27f401-f8e2-4271-be15-bf0ed4d383b9 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442: \u2026 \u2013 2026-12-29T21:00+00:00.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u043f\u0440\u043e\u043f\u0443\u0441\u043a \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/d7/d7a4959b-5d19-5e17-bec5-8ad1f4229e47.jpg',0,'2026-11-29 19:33:38.296747');
INSERT INTO "gate_events" VALUES(2,1,1,'b592a1c8-4171-5d4a-9377-1b01221f165a','visit','2026-11-29 19:33:36.965383',1,'2026-11-29 19:33:50.960714','exit','A481MP77','open','exit_free','af27f401-f8e2-4271-be15-bf0ed4d383b9','Участок 632 и 633 (дом 148)',9.99625614074184598578e-01,'{"id": "b592a1c8-4171-5d4a-9377-1b01221f165a", "kind": "visit", "at": "2026-11-29T19:33:36.965383Z", "clock_trusted": true, "lane": "exit", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9996256140741846, "decision": "open", "reason": "exit_free", "pass_id": "af27f401-f8e2-4271-be15-bf0ed4d383b9", "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 10 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 6 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.730.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/b5/b592a1c8-4171-5d4a-9377-1b01221f165a.jpg',0,'2026-11-29 19:33:36.965383');
INSERT INTO "gate_events" VALUES(3,1,1,'a63e275a-c42d-5fa0-90ef-87c5fe3af05c','visit','2026-11-29 19:33:48.818049',1,'2026-11-29 19:34:02.540374','exit','M126AT190','open','exit_free',NULL,NULL,9.99809483182450886573e-01,'{"id": "a63e275a-c42d-5fa0-90ef-87c5fe3af05c", "kind": "visit", "at": "2026-11-29T19:33:48.818049Z", "clock_trusted": true, "lane": "exit", "plate": "M126AT190", "format": "ru_1", "confidence": 0.9998094831824509, "decision": "open", "reason": "exit_free", "pass_id": null, "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 11 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 7 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 H126AT190, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.670.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "M126AT190", "snapshot": true}','snapshots/1/a6/a63e275a-c42d-5fa0-90ef-87c5fe3af05c.jpg',0,'2026-11-29 19:33:48.818049');
INSERT INTO "gate_events" VALUES(4,1,1,'236176aa-18f1-5394-bd3f-4a705b06a4cf','visit','2026-11-29 19:33:50.551100',1,'2026-11-29 19:34:02.901519','entry','T209KE199','refuse','no_pass',NULL,NULL,9.99705362795310636947e-01,'{"id": "236176aa-18f1-5394-bd3f-4a705b06a4cf", "kind": "visit", "at": "2026-11-29T19:33:50.551100Z", "clock_trusted": true, "lane": "entry", "plate": "T209KE199", "format": "ru_1", "confidence": 0.9997053627953106, "decision": "refuse", "reason": "no_pass", "pass_id": null, "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 16 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 11 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 T209KE199, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.998.", "\u041d\u043e\u043c\u0435\u0440\u0430 T209KE199 \u043d\u0435\u0442 \u0432 \u0441\u043f\u0438\u0441\u043a\u0435.", "\u0421\u043f\u0438\u0441\u043e\u043a 319329491-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "T209KE199", "snapshot": true}','snapshots/1/23/236176aa-18f1-5394-bd3f-4a705b06a4cf.jpg',0,'2026-11-29 19:33:50.551100');
INSERT INTO "gate_events" VALUES(5,1,1,'009d5cbc-b12f-510c-96bc-dce67cffe296','visit','2026-11-29 19:34:02.815768',1,'2026-11-29 19:34:14.347958','exit','A481MP77','open','exit_free','af27f401-f8e2-4271-be15-bf0ed4d383b9','Участок 632 и 633 (дом 148)',9.99634314751197350368e-01,'{"id": "009d5cbc-b12f-510c-96bc-dce67cffe296", "kind": "visit", "at": "2026-11-29T19:34:02.815768Z", "clock_trusted": true, "lane": "exit", "plate": "A481MP77", "format": "ru_1", "confidence": 0.9996343147511974, "decision": "open", "reason": "exit_free", "pass_id": "af27f401-f8e2-4271-be15-bf0ed4d383b9", "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 4 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 3 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 A481MP77, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.677.", "\u0412\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u0435\u043d \u0434\u043b\u044f \u0432\u0441\u0435\u0445.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432\u044b\u0435\u0437\u0434 \u0441\u0432\u043e\u0431\u043e\u0434\u043d\u044b\u0439).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "A481MP77", "snapshot": true}','snapshots/1/00/009d5cbc-b12f-510c-96bc-dce67cffe296.jpg',0,'2026-11-29 19:34:02.815768');
INSERT INTO "gate_events" VALUES(6,1,1,'99965678-ef6c-5de8-9096-e6dd58762d85','visit','2026-11-29 19:34:03.080557',1,'2026-11-29 19:34:15.277024','entry','H640XA750','open','local_list','c313ebea-c55f-5c61-b765-dc54842674c9',NULL,9.53816024336051615506e-01,'{"id": "99965678-ef6c-5de8-9096-e6dd58762d85", "kind": "visit", "at": "2026-11-29T19:34:03.080557Z", "clock_trusted": true, "lane": "entry", "plate": "H640XA750", "format": "ru_1a", "confidence": 0.9538160243360516, "decision": "open", "reason": "local_list", "pass_id": "c313ebea-c55f-5c61-b765-dc54842674c9", "consumed": false, "list_cursor": "319329491-2", "trace": ["\u041c\u0430\u0448\u0438\u043d\u0430 \u0437\u0430\u043c\u0435\u0447\u0435\u043d\u0430: \u043f\u043e \u043d\u043e\u043c\u0435\u0440\u0443.", "\u041f\u043e 8 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 5 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 H640XA75?, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.414.", "\u0423\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c \u0447\u0442\u0435\u043d\u0438\u044f 0.41 \u043d\u0438\u0436\u0435 \u043f\u043e\u0440\u043e\u0433\u0430 0.85.", "\u041f\u043e 9 \u0440\u0430\u0437\u043d\u044b\u043c \u043a\u0430\u0434\u0440\u0430\u043c \u0438\u0437 6 \u043f\u0440\u043e\u0447\u0438\u0442\u0430\u043d \u043d\u043e\u043c\u0435\u0440 H640XA750, \u0443\u0432\u0435\u0440\u0435\u043d\u043d\u043e\u0441\u0442\u044c 0.954.", "\u041f\u0440\u043e\u0447\u0438\u0442\u0430\u043d\u043e H640XA750 \u043d\u0435 \u0431\u0435\u0437 \u0441\u043e\u043c\u043d\u0435\u043d\u0438\u0439, \u043f\u043e\u0434\u0445\u043e\u0434\u0438\u0442 \u0442\u043e\u043b\u044c\u043a\u043e H640XA750 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a c313ebea-c55f-5c61-b765-dc54842674c9): \u0440\u0438\u0441\u043a \u043f\u0443\u0441\u0442\u0438\u0442\u044c \u0447\u0443\u0436\u043e\u0433\u043e \u043f\u043e \u044d\u0442\u043e\u043c\u0443 \u0441\u043f\u0438\u0441\u043a\u0443 4.1e-08 \u043f\u0440\u0438 \u0434\u043e\u043f\u0443\u0441\u0442\u0438\u043c\u043e\u043c 0.0010.", "\u041d\u043e\u043c\u0435\u0440 H640XA750 \u0435\u0441\u0442\u044c \u0432 \u0441\u043f\u0438\u0441\u043a\u0435 (\u043f\u0440\u043e\u043f\u0443\u0441\u043a c313ebea-c55f-5c61-b765-dc54842674c9).", "\u0421\u043f\u0438\u0441\u043e\u043a 319329491-2, \u0432\u043e\u0437\u0440\u0430\u0441\u0442 0 h.", "\u041f\u0440\u043e\u043f\u0443\u0441\u043a c313ebea-c55f-5c61-b765-dc54842674c9 \u0434\u0435\u0439\u0441\u0442\u0432\u0443\u0435\u0442: 2025-12-31T21:00+00:00 \u2013 \u2026.", "\u0420\u0435\u043b\u0435 \u043f\u043e\u043f\u0440\u043e\u0441\u0438\u043b\u0438 \u043e\u0442\u043a\u0440\u044b\u0442\u044c (\u0432 \u043c\u0435\u0441\u0442\u043d\u043e\u043c \u0441\u043f\u0438\u0441\u043a\u0435).", "\u0420\u0435\u043b\u0435 \u043e\u0442\u0432\u0435\u0442\u0438\u043b\u043e: \u0432\u044b\u043f\u043e\u043b\u043d\u0435\u043d\u043e", "\u041c\u0430\u0448\u0438\u043d\u0430 \u0443\u0435\u0445\u0430\u043b\u0430."], "detail": "H640XA750", "snapshot": true}','snapshots/1/99/99965678-ef6c-5de8-9096-e6dd58762d85.jpg',0,'2026-11-29 19:34:03.080557');
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
	CONSTRAINT fk_gates_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT uq_gates_token_hash UNIQUE (token_hash), 
	CONSTRAINT uq_gates_next_token_hash UNIQUE (next_token_hash)
);
INSERT INTO "gates" VALUES(1,1,'КПП-1','[{"name": "entry", "direction": "entry"}, {"name": "exit", "direction": "exit"}]','0.1.0','fa7872d19a9978a2c9e81f5e00da6e7118b571e71029b252d0114010094c7c88','2026-11-29 19:32:22.056344','2026-11-29 19:32:46.751882',NULL,'2026-11-29 19:33:34.658847','{"version": "0.1.0", "clock": "2026-11-29T19:33:34.636581Z", "clock_trusted": true, "uptime_s": 0, "cameras": [{"lane": "entry", "alive": true}, {"lane": "exit", "alive": true}], "relay_alive": true, "disk_free_bytes": 78915829760, "queue_events": 0, "queue_snapshots": 0, "dropped": 0, "list_cursor": "319329491-2", "list_count": 2, "list_age_s": 0.026102, "temperature_c": null}','2026-11-29 19:33:34.658847','319329491-2',NULL,'2026-11-29 19:32:46.751882');
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
	CONSTRAINT pk_memberships PRIMARY KEY (id), 
	CONSTRAINT fk_memberships_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_memberships_account_id UNIQUE (account_id, territory_id)
);
INSERT INTO "memberships" VALUES(1,1,1,'manager','accepted','','','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344',0,1);
INSERT INTO "memberships" VALUES(2,2,1,'operator','accepted','КПП-1','кпп1','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344',0,1);
INSERT INTO "memberships" VALUES(3,3,1,'resident','accepted','Участок 632 и 633 (дом 148)','участок632и633дом148','2026-11-29 19:32:22.056344','2026-11-29 19:32:22.056344',0,1);
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
INSERT INTO "pairing_codes" VALUES(1,1,1,'9c48d02568e8625e302047240f6e56703db735eb3f3edd5910ab68bfece989fd','2026-11-29 19:32:22.056344',1,'2026-11-30 19:32:22.056344','2026-11-29 19:32:46.653712',0);
CREATE TABLE passes (
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
	CONSTRAINT pk_passes PRIMARY KEY (id), 
	CONSTRAINT fk_passes_filed_by_id FOREIGN KEY(filed_by_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_passes_owner_id FOREIGN KEY(owner_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_passes_territory_id FOREIGN KEY(territory_id) REFERENCES territories (id) ON DELETE CASCADE
);
INSERT INTO "passes" VALUES('af27f401-f8e2-4271-be15-bf0ed4d383b9',1,'A481MP77','A481MP77',NULL,'2026-12-29 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-11-29 19:33:27.807672',NULL,NULL,NULL,1);
INSERT INTO "passes" VALUES('7286c829-ba34-4247-a35a-aed6f2fca33e',1,'B702CX150','B702CX150',NULL,'2026-12-29 21:00:00.000000',0,0,'Участок 632 и 633 (дом 148)','участок632и633дом148','',3,3,'2026-11-29 19:33:28.429393',NULL,NULL,NULL,2);
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
	ask_pin BOOLEAN NOT NULL, 
	CONSTRAINT pk_territories PRIMARY KEY (id), 
	CONSTRAINT uq_territories_code UNIQUE (code)
);
INSERT INTO "territories" VALUES(1,'763-681','СНТ «Ромашка»','Europe/Moscow','2026-11-29 19:32:22.056344',30,366,90,2,319329491,0,60,0);
CREATE INDEX ix_attempts_window_ends_at ON attempts (window_ends_at);
CREATE INDEX ix_audit_account_id ON audit (account_id);
CREATE INDEX ix_audit_territory_id_at ON audit (territory_id, at);
CREATE INDEX ix_devices_account_id ON devices (account_id);
CREATE INDEX ix_mail_tokens_account_id ON mail_tokens (account_id);
CREATE INDEX ix_passes_owner_id ON passes (owner_id);
CREATE INDEX ix_passes_territory_id_created_at ON passes (territory_id, created_at);
CREATE INDEX ix_passes_territory_id_object_key ON passes (territory_id, object_key);
CREATE INDEX ix_passes_territory_id_plate ON passes (territory_id, plate);
CREATE INDEX ix_passes_territory_id_rev ON passes (territory_id, rev);
CREATE INDEX ix_commands_gate_id_created_at ON commands (gate_id, created_at);
CREATE INDEX ix_pairing_codes_gate_id ON pairing_codes (gate_id);
CREATE INDEX ix_event_notes_event_id ON event_notes (event_id);
CREATE INDEX ix_letters_state_next_at ON letters (state, next_at);
CREATE INDEX ix_gate_events_territory_id_plate ON gate_events (territory_id, plate);
CREATE INDEX ix_gate_events_pass_id ON gate_events (pass_id);
CREATE INDEX ix_gate_events_territory_id_placed_at ON gate_events (territory_id, placed_at, decision);
CREATE INDEX ix_gates_territory_id ON gates (territory_id);
CREATE INDEX ix_registrations_email ON registrations (email);
CREATE INDEX ix_memberships_territory_id_state ON memberships (territory_id, state);
CREATE INDEX ix_memberships_territory_id_object_key ON memberships (territory_id, object_key);
COMMIT;
PRAGMA user_version = 0;
PRAGMA application_id = 0;
