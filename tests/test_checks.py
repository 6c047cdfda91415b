"""The checks of `manage.py check`."""

from scans import checks


def test_the_check_warns_of_a_folder_that_others_can_read(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    tmp_path.chmod(0o750)
    (warning,) = checks.var_dir_is_private(None)
    assert str(tmp_path) in warning.msg and "chmod 700" in warning.hint
    tmp_path.chmod(0o700)
    assert checks.var_dir_is_private(None) == []
