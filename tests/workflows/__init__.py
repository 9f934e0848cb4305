"""The workflows, run as GitHub would run them: jobs, engine and registry are real, GitHub is stood in for."""
