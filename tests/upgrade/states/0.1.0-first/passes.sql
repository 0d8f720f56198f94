BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'passes','first_tables','2026-11-29 19:32:52.552439+00:00');
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
INSERT INTO "cloud_pass" VALUES('7286c829-ba34-4247-a35a-aed6f2fca33e','B702CX150','B702CX150',NULL,'2026-12-29T21:00:00+00:00',0,0,'Участок 632 и 633 (дом 148)',NULL,4);
INSERT INTO "cloud_pass" VALUES('af27f401-f8e2-4271-be15-bf0ed4d383b9','A481MP77','A481MP77',NULL,'2026-12-29T21:00:00+00:00',0,0,'Участок 632 и 633 (дом 148)',NULL,4);
CREATE TABLE list_state (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL, synced_at TEXT, staging_cursor TEXT, seq INTEGER NOT NULL, generation INTEGER NOT NULL);
INSERT INTO "list_state" VALUES(1,'319329491-2','2026-11-29T19:34:04.654173+00:00',NULL,4,1);
CREATE TABLE local_pass (id TEXT PRIMARY KEY, plate TEXT NOT NULL, valid_from TEXT, valid_until TEXT, note TEXT NOT NULL, added_at TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "local_pass" VALUES('0d8c630d-70c8-5d1e-a9ee-b0f22c968dee','A002AA77','2025-12-31T21:00:00+00:00','2036-01-01T21:00:00+00:00','','2026-11-29T19:33:03.781019+00:00',3);
INSERT INTO "local_pass" VALUES('38327bf3-ea40-56b6-919b-9f78582c2f82','C317OY50','2024-04-30T21:00:00+00:00','2024-05-31T21:00:00+00:00','гость, кв. 7','2026-11-29T19:32:52.568599+00:00',1);
INSERT INTO "local_pass" VALUES('41d63970-4ece-5ef7-9f24-3c978d287e44','E935HK777',NULL,NULL,'кв. 31','2026-11-29T19:32:52.568599+00:00',1);
INSERT INTO "local_pass" VALUES('6e781a90-f02a-54bc-83ed-a6bbbcd95798','A001AA77',NULL,NULL,'дом 1','2026-11-29T19:32:58.319779+00:00',2);
INSERT INTO "local_pass" VALUES('81821fb7-1a44-5d65-8476-37fd39eb225a','P058BT97',NULL,NULL,'кв. 90','2026-11-29T19:32:52.568599+00:00',1);
INSERT INTO "local_pass" VALUES('c313ebea-c55f-5c61-b765-dc54842674c9','H640XA750','2025-12-31T21:00:00+00:00',NULL,'кв. 48','2026-11-29T19:32:52.568599+00:00',1);
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
COMMIT;
PRAGMA user_version = 0;
PRAGMA application_id = 0;
