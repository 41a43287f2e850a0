"""What a time entry has to look like. Needs nothing but Python, so that its tests run anywhere."""


def read_entry(body):
    """Gives the values of an entry, or the reason why it is refused."""
    project, minutes, note = body.get("project"), body.get("minutes"), body.get("note", "")
    if not isinstance(project, str) or not project.strip() or not isinstance(note, str):
        return None, "project must be a text"
    if type(minutes) is not int or not 1 <= minutes <= 1440:
        return None, "minutes must be a number from 1 to 1440"
    return (project.strip(), minutes, note), None
