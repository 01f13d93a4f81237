"""The options of `mirrorlake mirror`, checked as far as possible before any request is sent."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.looking import Depth
from mirrorlake.model.sources import Access, AccessOptions, Datasource, Location, MirrorSettings
from mirrorlake.select.label_settings import check_label_change
from mirrorlake.select.media_setting import read_media
from mirrorlake.select.patterns import check_patterns, quote_path
from mirrorlake.select.settings import SourceHint, settings_from_json
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of

NAME_LIMIT = 100  # characters in a datasource's name
_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRequest:
    """The arguments of `mirrorlake mirror` as given. None: omitted."""

    uri: str
    name: str | None = None
    globs: tuple[str, ...] | None = None
    media: tuple[str, ...] | None = None
    look: Depth | None = None
    picture_text: bool | None = None
    settings_json: str | None = None
    settings_file: str | None = None  # where `settings_json` was read, for messages
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None
    anonymous: bool | None = None
    connection: str | None = None
    no_connection: bool = False  # the datasource leaves its connection
    jobs: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUse:
    """The connection of a datasource, and its endpoint, by which the datasource is found."""

    id: int
    name: str
    endpoint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOptions:
    """A valid request. Given settings replace stored ones; omitted ones keep them."""

    request: MirrorRequest
    location: Location
    settings: MirrorSettings | None
    hint: SourceHint  # options of the source from the settings file; command line options override them

    def access(self, stored: Access, connected: ConnectionUse | None = None) -> Access:
        """How to access the source: the given options, else the stored ones.

        A connection decides endpoint and credentials; only the region may be the datasource's own. Raises SettingsError
        if a settings file names another endpoint than the connection.
        """
        provider = provider_of(self.location.provider)
        given = _given_options(self.request, self.hint)
        if connected is None:
            return provider.change_access(stored, given)
        if self.hint.endpoint is not None and self.hint.endpoint.rstrip("/") != connected.endpoint:
            raise SettingsError(
                f"The settings file names the endpoint {self.hint.endpoint}, which is not that of the connection "
                f"{connected.name}.",
                "Remove endpoint from the file, or use another connection.",
            )
        region = given.region or stored.options().region
        return provider.read_access({"endpoint": connected.endpoint, "region": region})

    def mirror_settings(self, stored: MirrorSettings) -> MirrorSettings:
        """What to mirror: a settings file replaces the stored settings, `--glob` their patterns, glob file and paths.

        `--media` replaces the kinds of media, `--look` the depth, `--picture-text` whether it is read. Raises
        SettingsError for `--glob` if there are several configs.
        """
        settings = stored
        if self.settings is not None:  # what users call it and label files are kept, unless the file names them
            settings = replace(
                self.settings,
                title=self.settings.title or stored.title,
                description=self.settings.description or stored.description,
                labels=self.settings.labels or stored.labels,
            )
            check_label_change(stored.labels, settings.labels)
        if self.request.media is not None:
            settings = replace(settings, media=read_media("--", {"media": list(self.request.media)}))
        if self.request.look is not None:
            settings = replace(settings, depth=self.request.look)
        if self.request.picture_text is not None:
            settings = replace(settings, picture_text=self.request.picture_text)
        globs = self.request.globs
        if globs is None:
            return settings
        if len(settings.configs) > 1:
            raise SettingsError(
                f"--glob is ambiguous: the datasource has {len(settings.configs)} mirror_configs.",
                "Change their patterns in the settings file and pass it with --settings.",
            )
        configs = tuple(replace(config, globs=globs, glob_file=None, paths=()) for config in settings.configs)
        return replace(settings, configs=configs)

    def apply_to(self, source: Datasource, connected: ConnectionUse | None = None) -> Datasource:
        """The stored datasource with the given options. Raises SettingsError if the address differs.

        `connected` is the connection that the request names.
        """
        if source.location != self.location:
            raise SettingsError(
                f"The datasource {source.name!r} mirrors {source.location.uri}, not {self.location.uri}.",
                "Choose another --name, or give the datasource's own address.",
            )
        settings = self.mirror_settings(source.settings)
        if connected is not None:
            return replace(
                source,
                access=self.access(source.access, connected),
                settings=settings,
                connection=connected.name,
                connection_id=connected.id,
            )
        if source.connection_id is None or self.request.no_connection:
            source = replace(source, connection=None, connection_id=None)
            return replace(source, access=self.access(source.access), settings=settings)
        request = self.request
        if request.endpoint or request.profile or request.anonymous:
            raise SettingsError(
                f"The datasource {source.name!r} uses the connection {source.connection}, which specifies the server "
                "and the credentials.",
                "Leave --endpoint, --profile and --anonymous out, choose another --connection or --name, or leave the "
                "connection with --no-connection.",
            )
        kept = ConnectionUse(
            id=source.connection_id, name=source.connection or "", endpoint=source.access.options().endpoint
        )
        return replace(source, access=self.access(source.access, kept), settings=settings)


def read_request(request: MirrorRequest) -> MirrorOptions:
    """Check everything that can be checked without a request. Raises UsageError (SettingsError, PatternError)."""
    location = parse_location(request.uri)
    if request.name is not None and (len(request.name) > NAME_LIMIT or not _NAME.fullmatch(request.name)):
        raise SettingsError(
            f"Invalid datasource name {request.name!r}.",
            f"Use 1 to {NAME_LIMIT} characters without control characters.",
            field="name",
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
            "Give the address of its bucket, or remove bucket_name from the file.",
        )
    if request.connection is not None and (request.endpoint or request.profile or request.anonymous):
        raise SettingsError(
            "--connection cannot be combined with --endpoint, --profile or --anonymous.",
            "The connection specifies the server and the credentials: change it, or leave it out.",
        )
    if request.connection is not None and request.no_connection:
        raise SettingsError("--connection and --no-connection cannot be combined.", "Remove one of them.")
    provider = provider_of(location.provider)
    if hint.bucket_type not in (None, provider.bucket_type):
        raise SettingsError(
            f"The settings file is for a bucket of the type {hint.bucket_type}, not for {location.uri}.",
            "Give the address of its bucket, or remove bucket_type from the file.",
        )
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
    """The access options of the request, else those of the settings file."""
    return AccessOptions(
        endpoint=request.endpoint or hint.endpoint,
        region=request.region or hint.region,
        profile=request.profile,
        anonymous=request.anonymous,
    )
