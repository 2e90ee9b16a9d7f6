-- A revocation is announced to every server in its own transaction, whoever writes it: they keep who a token belongs to for a
-- moment.
CREATE FUNCTION "announce_revocation"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('pawl_signals', NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER "announce_revocation" AFTER UPDATE ON "token" FOR EACH ROW
  WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION "announce_revocation"();
