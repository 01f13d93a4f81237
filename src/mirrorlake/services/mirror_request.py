"""What a person asks of a pass, checked as far as that goes before any request is made."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.sources import Access, AccessOptions, Datasource, Location, MirrorSettings
from mirrorlake.select.patterns import check_patterns, quote_path
from mirrorlake.select.settings import SourceHint, settings_from_json
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of

NAME_LIMIT = 100  # characters in a datasource's name
_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRequest:
    """The words of `mirrorlake mirror`, as they were given. None means: not said."""

    uri: str
    name: str | None = None
    globs: tuple[str, ...] | None = None
    settings_json: str | None = None
    settings_file: str | None = None  # where `settings_json` was read, for messages
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None
    anonymous: bool = False
    jobs: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOptions:
    """A request that made sense. Settings given replace stored ones, absent ones keep them."""

    request: MirrorRequest
    location: Location
    settings: MirrorSettings | None
    hint: SourceHint  # what the settings file says of the source itself; a flag says it louder

    def access(self, stored: Access) -> Access:
        """How to reach the source: the options given now, over those stored."""
        return provider_of(self.location.provider).change_access(stored, _given_options(self.request, self.hint))

    def mirror_settings(self, stored: MirrorSettings) -> MirrorSettings:
        """What to mirror: a settings file replaces what is stored, `--glob` its patterns, glob file and paths.

        Raises SettingsError for `--glob` where several configs have patterns.
        """
        settings = self.settings or stored
        globs = self.request.globs
        if globs is None:
            return settings
        if len(settings.configs) > 1:
            raise SettingsError(
                f"--glob cannot say which of the {len(settings.configs)} mirror_configs it means.",
                "Change their patterns in the settings file and give it with --settings.",
            )
        configs = tuple(replace(config, globs=globs, glob_file=None, paths=()) for config in settings.configs)
        return replace(settings, configs=configs)

    def applied_to(self, source: Datasource) -> Datasource:
        """The stored datasource with what was said now. Raises SettingsError when it means another place."""
        if source.location != self.location:
            raise SettingsError(
                f"The datasource {source.name!r} mirrors {source.location.uri}, not {self.location.uri}.",
                "Choose another --name, or give the address it has.",
            )
        return replace(source, access=self.access(source.access), settings=self.mirror_settings(source.settings))


def read_request(request: MirrorRequest) -> MirrorOptions:
    """Check everything that can be checked without a request. Raises UsageError (SettingsError, PatternError)."""
    location = parse_location(request.uri)
    if request.name is not None and (len(request.name) > NAME_LIMIT or not _NAME.fullmatch(request.name)):
        raise SettingsError(
            f"{request.name!r} cannot name a datasource.",
            f"Use 1 to {NAME_LIMIT} characters without control characters.",
        )
    settings, hint = None, SourceHint()
    if request.settings_json is not None:
        try:
            settings, hint = settings_from_json(request.settings_json)
        except UsageError as error:
            if request.settings_file is not None:
                error.message = f"{request.settings_file}: {error.message}"
            raise
    if hint.bucket_name is not None and hint.bucket_name != location.container:
        raise SettingsError(
            f"The settings file is for the bucket {hint.bucket_name!r}, not for {location.uri}.",
            "Give the address of its bucket, or take bucket_name out of the file.",
        )
    provider = provider_of(location.provider)
    provider.check_options(location, _given_options(request, hint))
    single = provider.single_file(location)
    if single is not None:
        raise UsageError(
            f"{single.uri} is a single file, not a folder.",
            f"Mirror its folder: mirrorlake mirror {shlex.quote(single.folder)}"
            f" --glob {shlex.quote(quote_path(single.name))}",
        )
    check_patterns(request.globs or ())
    return MirrorOptions(request=request, location=location, settings=settings, hint=hint)


def _given_options(request: MirrorRequest, hint: SourceHint) -> AccessOptions:
    """The options of the request; what it leaves out, as the settings file has it."""
    return AccessOptions(
        endpoint=request.endpoint or hint.endpoint,
        region=request.region or hint.region,
        profile=request.profile,
        anonymous=request.anonymous,
    )
