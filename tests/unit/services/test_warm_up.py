import subprocess
import sys


def test_a_server_loads_what_edits_need_beside_its_requests_and_not_before_it_serves() -> None:
    code = (
        "import sys, mirrorlake.cli.commands.up\n"
        "from mirrorlake.services.warm_up import warm_up\n"
        "before = 'mirrorlake.jobs.registry' in sys.modules\n"
        "warm_up(0).join()\n"
        "print(before, all(f'mirrorlake.{one}' in sys.modules for one in ('jobs.registry', 'services.bulk_edits')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
