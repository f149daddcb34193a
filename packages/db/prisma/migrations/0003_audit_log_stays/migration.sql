-- Triggers for rows do not see TRUNCATE, which would empty the log at one blow. Only the owner could: by mistake, or to hide something.
CREATE TRIGGER audit_log_is_never_emptied BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
