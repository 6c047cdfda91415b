"""The checks of `manage.py check`."""

from scans import checks


def test_the_check_warns_of_a_folder_that_others_can_read(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    tmp_path.chmod(0o750)
    (warning,) = checks.var_dir_is_private(None)
    assert str(tmp_path) in warning.msg and "chmod 700" in warning.hint
    tmp_path.chmod(0o700)
    assert checks.var_dir_is_private(None) == []


def test_the_check_warns_of_a_proxy_that_may_not_say_the_clients_address(settings):
    assert checks.proxies_are_known(None) == []
    settings.BEHIND_HTTPS = True
    (warning,) = checks.proxies_are_known(None)
    assert "SCANS_TRUSTED_PROXIES" in warning.msg
    settings.SCANS_TRUSTED_PROXIES = ["10.0.0.7"]
    assert checks.proxies_are_known(None) == []
