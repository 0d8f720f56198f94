BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'passes','first_tables','2026-12-01 12:39:28.492804+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'passes','hours_and_rules','2026-12-01 12:39:28.500853+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'passes','changes_by_name','2026-12-01 12:39:28.512058+00:00');
CREATE TABLE cloud_hours (id TEXT PRIMARY KEY, hours TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cloud_pass (
    id TEXT PRIMARY KEY,
    typed TEXT NOT NULL,
    plate TEXT,
    valid_from TEXT,
    valid_until TEXT,
    one_time INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    object TEXT NOT NULL,
    revoked_at TEXT,
    seq INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "cloud_pass" VALUES('0892c5ea-e801-4178-b148-5cfd1f4c2e52','B702CX150','B702CX150',NULL,'2026-12-31T21:00:00+00:00',0,0,'Участок 632 и 633 (дом 148)',NULL,7);
INSERT INTO "cloud_pass" VALUES('73c4806e-a748-4a71-95c5-417f79e875cb','A481MP77','A481MP77',NULL,'2026-12-31T21:00:00+00:00',0,0,'Участок 632 и 633 (дом 148)',NULL,7);
CREATE TABLE gone_pass (generation INTEGER, key TEXT, PRIMARY KEY (generation, key)) WITHOUT ROWID;
CREATE TABLE list_state (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL, synced_at TEXT, staging_cursor TEXT, seq INTEGER NOT NULL, generation INTEGER NOT NULL);
INSERT INTO "list_state" VALUES(1,'1656413052-2','2026-12-01T12:40:19.721110+00:00',NULL,7,1);
CREATE TABLE local_pass (id TEXT PRIMARY KEY, plate TEXT NOT NULL, valid_from TEXT, valid_until TEXT, note TEXT NOT NULL, added_at TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "local_pass" VALUES('0d8c630d-70c8-5d1e-a9ee-b0f22c968dee','A002AA77','2025-12-31T21:00:00+00:00','2036-01-01T21:00:00+00:00','','2026-12-01T12:39:32.926769+00:00',3);
INSERT INTO "local_pass" VALUES('38327bf3-ea40-56b6-919b-9f78582c2f82','C317OY50','2024-04-30T21:00:00+00:00','2024-05-31T21:00:00+00:00','гость, кв. 7','2026-12-01T12:39:28.525872+00:00',1);
INSERT INTO "local_pass" VALUES('41d63970-4ece-5ef7-9f24-3c978d287e44','E935HK777',NULL,NULL,'кв. 31','2026-12-01T12:39:28.525872+00:00',1);
INSERT INTO "local_pass" VALUES('6e781a90-f02a-54bc-83ed-a6bbbcd95798','A001AA77',NULL,NULL,'дом 1','2026-12-01T12:39:30.851847+00:00',2);
INSERT INTO "local_pass" VALUES('81821fb7-1a44-5d65-8476-37fd39eb225a','P058BT97',NULL,NULL,'кв. 90','2026-12-01T12:39:28.525872+00:00',1);
INSERT INTO "local_pass" VALUES('c313ebea-c55f-5c61-b765-dc54842674c9','H640XA750','2025-12-31T21:00:00+00:00',NULL,'кв. 48','2026-12-01T12:39:28.525872+00:00',1);
CREATE TABLE local_rule (id TEXT PRIMARY KEY, plate TEXT NOT NULL, valid_from TEXT, valid_until TEXT, note TEXT NOT NULL, added_at TEXT NOT NULL, seq INTEGER NOT NULL, one_time INTEGER NOT NULL, blocked INTEGER NOT NULL, hours TEXT NOT NULL, used_at TEXT) WITHOUT ROWID;
INSERT INTO "local_rule" VALUES('11e8ece4-b60a-502c-8b7c-25334ff9991a','A004AA77',NULL,NULL,'','2026-12-01T12:39:36.297054+00:00',5,1,0,'',NULL);
INSERT INTO "local_rule" VALUES('4642df81-26c1-59a1-91b6-a63cbc1bbd36','A003AA77',NULL,NULL,'','2026-12-01T12:39:34.624768+00:00',4,0,0,'1-5 08:00-18:00 Europe/Moscow',NULL);
INSERT INTO "local_rule" VALUES('d9fe97fd-20a8-558b-8e7f-d2511094758f','A005AA77',NULL,NULL,'','2026-12-01T12:39:37.922112+00:00',6,0,1,'',NULL);
CREATE TABLE staged_hours (id TEXT PRIMARY KEY, hours TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE staged_pass (
    id TEXT PRIMARY KEY,
    typed TEXT NOT NULL,
    plate TEXT,
    valid_from TEXT,
    valid_until TEXT,
    one_time INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    object TEXT NOT NULL,
    revoked_at TEXT,
    seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE used_pass (id TEXT PRIMARY KEY, visit_id TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX cloud_pass_seq ON cloud_pass (seq);
CREATE INDEX cloud_pass_revoked ON cloud_pass (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX local_pass_seq ON local_pass (seq);
CREATE INDEX local_pass_plate ON local_pass (plate);
CREATE INDEX local_rule_seq ON local_rule (seq);
CREATE INDEX local_rule_plate ON local_rule (plate);
COMMIT;
PRAGMA user_version = 0;
PRAGMA application_id = 0;
