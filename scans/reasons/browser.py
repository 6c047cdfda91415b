"""Why a recording cannot be played, and what the browser could not do."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "in_test": _("In the test “{test}”: {error}"),
    "at_command": _("Command {line}, {command}: {error}"),
    "script_too_large": _("The script cannot be read: the file is larger than {count} MB."),
    "script_not_json": _("The script cannot be read: it is not the JSON that recorders write."),
    "script_is_html": _(
        "The script cannot be read: it is a recording of Selenium IDE 2. Open it in Selenium IDE 3, and save it there."
    ),
    "script_without_test": _("The script cannot be read: it has no test."),
    "script_without_command": _("The script cannot be read: its test has no command."),  # as earlier versions stored it
    "script_of_empty_tests": _("The script cannot be read: no test in it has a command: {names}."),
    "script_url_no_text": _("The script cannot be read: “url” is not a text."),
    "script_too_many_commands": _(
        "The script cannot be read: it has more than {count} commands, including those of the tests that it runs."
    ),
    "script_no_list": _("The script cannot be read: “{name}” is not a list of objects."),
    "script_suite_no_list": _("The script cannot be read: a suite's “tests” is not a list."),
    "command_not_text": _("Command {line} contains something other than text."),
    "command_unknown": _("Command {line}, “{name}”, is not one that can be played."),
    "command_unbalanced": _("Command {line}, “{name}”, is part of a block that has no beginning or no end."),
    "command_nests_too_deep": _("Command {line} runs a test that runs a test, and so on, too many levels deep."),
    "command_runs_missing_test": _("Command {line} runs the test “{name}”, which does not exist."),
    "browser_missing": _("No Chromium is installed on the machine that runs the scans."),
    "browser_timed_out": _("The browser was not done after {count} seconds."),
    "browser_time_over": _("The time was over before everything was done."),
    "browser_ended": _("The browser ended unexpectedly: {error}"),
    "browser_said_nothing": _("it said nothing"),
    "browser_without_sandbox": _(
        "Chromium cannot make its sandbox here. Let users of this machine make user namespaces, or set "
        "SCANS_CHROMIUM_SANDBOX=false if it runs in a container."
    ),
    "browser_as_root": _(
        "No browser is started: it would run as root and without its sandbox, and this dashboard answers beyond "
        "loopback. Run the dashboard as another user, or the browser as a service (SCANS_BROWSER_SOCKET)."
    ),
    "browser_failed": _("The browser failed: {error}"),
    "page_left_out_by": _("{url} is left out of the scan by the pattern {pattern}."),
    "site_not_to_be_visited": _("{url} is not on a site that may be visited."),
    "page_does_not_load": _("{url} does not load: {error}"),
    "page_leads_outside": _("The page leads to {url}, which may not be visited."),
    "page_without_form_field": _("{url} shows no form with the field “{name}”."),
    "page_without_password": _("{url} shows no form with a password field."),
    "page_asks_no_password": _("{url} asks for no password after the user name."),
    "page_lacks_field": _("{url} has no field “{name}”."),
    "no_window_opened": _("no window was opened"),
    "no_element": _("there is no element {target}"),
    "locator_unknown": _("{target} is not a known locator"),
    "no_files": _("files cannot be chosen: a script has no access to local files"),
    "key_unknown": _("the key {key} is not known"),
    "no_frame": _("there is no frame {number}"),
    "not_a_frame": _("{target} is not a frame"),
    "window_closed": _("this window is closed"),
    "frame_outside": _("this frame shows {url}, which may not be visited"),
    "no_dialog": _("no dialog says “{text}”"),
    "no_dialog_shown": _("no dialog was shown that could be answered"),
    "no_option": _("the list has no option {text}"),
    "loop_too_long": _("the loop did not end after {count} rounds"),
    "not_a_number": _("“{text}” is not a number"),
    "not_a_list": _("{target} is not a list"),
    "element_not_there": _("the element {target} is not there"),
    "element_still_there": _("the element {target} is still there"),
    "text_is_not": _("the text is not “{text}”"),
    "text_is": _("the text is “{text}”"),
    "title_is_not": _("the title is not “{text}”"),
    "title_is": _("the title is “{text}”"),
    "value_is_not": _("the value is not “{text}”"),
    "value_is": _("the value is “{text}”"),
    "label_is_not": _("the label is not “{text}”"),
    "label_is": _("the label is “{text}”"),
    "not_stored": _("{target} is not stored"),
    "stored_otherwise": _("{target} is not “{text}”"),
    "not_editable_element": _("{target} cannot be edited"),
    "still_editable": _("{target} can still be edited"),
    "not_checked": _("{target} is not checked"),
    "is_checked": _("{target} is checked"),
}
