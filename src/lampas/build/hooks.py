"""Build hooks → content of a release. What they made of a tree is remembered: the same tree never runs them again."""

from __future__ import annotations

from collections.abc import Sequence

from lampas.build import bytecode
from lampas.core.definition.values import Definition
from lampas.core.nodestate import Manifest
from lampas.core.release import hooks
from lampas.core.release.hooks import HookFile, HookOutput, HookRunner
from lampas.core.release.values import Content, Progress
from lampas.errors import Failed
from lampas.store import artifacts
from lampas.store import hooks as remembered


def output(
    draft: Manifest, definition: Definition, runner: HookRunner | None, progress: Progress, anew: bool = False
) -> HookOutput:
    """What a definition's build hooks make of a tree; all content is kept when it returns.

    Args:
        draft: The tree without it.
        definition: Its hooks and their environment.
        runner: Runs them; None: hooks are refused.
        progress: Hears of the step hooks.
        anew: Whether they run again though their output is known.

    Raises:
        HookFailed: One of them ended badly; nothing is kept.
        Failed: Nothing here can run them.
    """
    if not definition.build_hooks:
        return HookOutput()
    named, scope = hooks.key(draft, definition.build_hooks), hooks.scope(draft, definition.build_hooks)
    known = None if anew else _known(draft, named, scope)
    if known is not None:
        progress("hooks", "the build hooks ran before on all that they read")
        return known
    if runner is None:
        raise Failed("build hooks need a node to run on", "see: lampas status")
    progress("hooks", "; ".join(definition.build_hooks))
    run = runner.run(draft, hooks.words(definition.build_hooks), definition.env)
    hooks.check(definition.name, definition.build_hooks, "build", run)
    files = _kept(run.files, runner)
    saw = hooks.seen(draft, run.reads) if run.reads else {}
    remembered.save(named, remembered.HookMemory(definition.name, scope, saw, files, run.said, run.seconds))
    return HookOutput(named, files)


def _known(draft: Manifest, named: str, scope: str) -> HookOutput | None:
    """What hooks made of this tree, or of one in which everything that they read was the same."""
    known = remembered.find(named)
    if known is not None and _is_kept(known):
        return HookOutput(named, known)
    for key, saw in remembered.alike(scope):
        if saw and hooks.seen(draft, saw) == saw and (known := remembered.find(key)) is not None and _is_kept(known):
            return HookOutput(key, known)
    return None


def _is_kept(files: Sequence[HookFile]) -> bool:
    """Whether all content is still in the store: a prune may have taken that of releases that are gone."""
    names = {part.sha256 for file in files for part in (file.content, file.bytecode) if part is not None}
    return artifacts.have(names) == names


def _kept(left: Sequence[HookFile], runner: HookRunner) -> tuple[HookFile, ...]:
    """Takes the content over, and compiles what is Python."""
    names = {file.content.sha256 for file in left}
    if missing := names - artifacts.have(names):
        artifacts.put_many(runner.fetch(missing))
    sources = [file for file in left if file.path.endswith(".py")]
    data = dict(artifacts.get_many({file.content.sha256 for file in sources}))
    compiled = bytecode.compile_all([(file.path, data[file.content.sha256]) for file in sources])
    made = {file.path: code for file, code in zip(sources, compiled, strict=True) if code is not None}
    artifacts.put_many((artifacts.name_of(code), code) for code in made.values())
    return tuple(
        HookFile(
            file.path,
            file.mode,
            file.content,
            Content(artifacts.name_of(made[file.path]), len(made[file.path])) if file.path in made else None,
        )
        for file in sorted(left, key=lambda file: file.path)
    )
