"""What each role's login may do on the site's database, tried statement by statement."""

# As an administrator would check it: table, and of Select, Insert, Update, Delete.
RIGHTS = {
    "locator_point": "catalogue_document S counter S object S",
    "management_point": "audit SI catalogue_document S certificate SI counter SIU device SIU enrolment_token SU object S "
                        "pending_enrolment SIUD policy_body S policy_header S revocation S stream_position S",
    "provider": "apply_set_member SIUD audit SI catalogue_document SI certificate SD change_log SI client_contact S "
                "collected_content S collected_file S collection_member S counter SIU deployment_state SD deployment_summary SIUD "
                "device SUD device_rows S "
                "enrolment_token SID fallback_message S inbox_position S inventory_class S inventory_log S inventory_row S "
                "object SIU package_content SIU pending_enrolment SD policy_body S policy_header S quarantine S "
                "revocation SID row_dictionary S status_message SD",
    "reporting_point": "",  # every view, and nothing else
    "pxe_point": "collection_member S device S object S",
}


def expect_exact_rights(test, owner, ask, as_role):
    """Each login may do exactly this. `ask(sql)` is the superuser's answer in the site's database, `as_role(role, script)` the
    finished psql of the role's login with VERBOSITY=sqlstate; `owner` is the site server's login."""
    columns = dict(line.split("|") for line in ask(
        "SELECT table_name, min(column_name) FROM information_schema.columns WHERE table_schema = 'muster' "
        "GROUP BY table_name").splitlines())
    test.assertGreater(len(columns), 25)
    views = sorted(name for name in columns if name.startswith("v_"))
    test.assertIn("v_gs_installed_software", views)
    rights = {**RIGHTS, "reporting_point": " ".join(f"{view} S" for view in views)}
    hidden = ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'muster_export'").splitlines()
    test.assertGreater(len(hidden), 40)
    for role, text in rights.items():
        words = text.split()
        expected = {(table, letter) for table, letters in zip(words[::2], words[1::2]) for letter in letters}
        script, cells = [], []
        for table, column in sorted(columns.items()):
            for letter, statement in [("S", f"SELECT count(*) FROM muster.{table}"),
                                      ("I", f"INSERT INTO muster.{table} DEFAULT VALUES"),
                                      ("U", f"UPDATE muster.{table} SET {column} = NULL"),
                                      ("D", f"DELETE FROM muster.{table}")][:1 if table.startswith("v_") else 4]:
                cells.append((table, letter))
                script.append(f"BEGIN; {statement}; \\echo state :SQLSTATE\nROLLBACK;")
        done = as_role(role, "\n".join(script))
        states = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("state ")]
        test.assertEqual(len(states), len(cells), done.stderr[:300])
        # Refused is 42501 alone; a row that cannot be is the statement's own fault.
        allowed = {cell for cell, state in zip(cells, states) if state != "42501"}
        test.assertEqual(allowed, expected, role)
        for statement in ("CREATE TABLE muster.x (y int)", "CREATE TABLE public.x (y int)", "CREATE TEMP TABLE x (y int)",
                          "DROP TABLE muster.counter", "TRUNCATE muster.audit", f"SET ROLE {owner}",
                          f"ALTER ROLE {owner} PASSWORD 'x'", "COPY muster.device TO PROGRAM 'true'"):
            done = as_role(role, f"{statement}; \\echo state :SQLSTATE\n")
            test.assertEqual(done.stdout.strip(), "state 42501", f"{role}: {statement}")
        script = [f"SELECT 1 FROM muster_export.{table} LIMIT 1; \\echo state :SQLSTATE" for table in hidden]
        script += [f"{what}; \\echo state :SQLSTATE" for what in (
            "SELECT * FROM pg_authid", "SELECT pg_read_file('PG_VERSION')", "COPY (SELECT 1) TO '/tmp/x'")]
        done = as_role(role, "\n".join(script) + "\n")
        test.assertEqual(done.stdout.split("\n")[:-1], ["state 42501"] * (len(hidden) + 3), role)
