"""The pytest plugin: fixtures a project gets by installing demijohn; nothing runs unless asked for."""
