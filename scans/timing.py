"""How often we look, and how long we wait for somebody, while a scan runs or is verified."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds by name. Whoever runs a scan may pass other values; tests pass short ones."""

    between_renewals: float = 1  # of the lease, and of the engine's permission to continue
    # The engine.
    to_start: float = 60  # until its first event
    silence: float = 30  # an engine that says nothing for longer hangs
    to_obey: float = 15  # a command, before we kill it
    to_die: float = 5  # after SIGTERM, before SIGKILL
    # The site.
    between_looks: float = 10  # of the monitor that runs beside the engine
    between_looks_after_failure: float = 2
    between_last_looks: float = 1  # before we believe that the site is gone
    for_refusals: float = 120  # until a site that turns us away is left
    longest_wait: float = 600  # that a site may ask for
    for_delays: float = 240  # of silence that an attack may have caused
    until_site_is_back: float = 15  # when a scan resumes: the site may have been restarted together with us
    between_checks: float = 4  # of a site that is not back yet
    for_picture: float = 10
    # The storage of files.
    for_storage: float = 10  # that fails, before the files stay with this host for now
    for_delivery: float = 120  # of a session that another host could not upload yet
    # The login.
    login_holds: float = 5  # a login that ends sooner counts as failed


DEFAULT_TIMING = Timing()
