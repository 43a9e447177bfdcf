"""Everything told to someone: template, language, thread."""
