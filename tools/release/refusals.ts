export interface Candidate {
  readonly version: string;
  /** What `git status --porcelain` says. */
  readonly changes: string;
  /** CHANGELOG.md. */
  readonly changelog: string;
}

/** Why this is not released as it stands, a sentence each; none when it may be. */
export function refusals({ version, changes, changelog }: Candidate): string[] {
  const found: string[] = [];
  if (changes.trim() !== '') found.push(`A release is of a commit. Commit or remove first:\n${changes.trimEnd()}`);
  const heading = `[${version}] - `;
  const section = changelog.split(/^## /m).find((text) => text.startsWith(heading));
  if (section === undefined || !/^\d{4}-\d\d-\d\d\n/.test(section.slice(heading.length))) {
    found.push(`CHANGELOG.md has no "## [${version}] - YYYY-MM-DD". Add what changed.`);
  } else if (!/^- /m.test(section)) found.push(`CHANGELOG.md says nothing of ${version}. Add what changed.`);
  return found;
}
