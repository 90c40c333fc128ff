import type { Hindrance, NodeCondition, RoleCondition } from '@assay/client';
import { fields } from '@assay/explain/table';

/** How far a node is, in one line; honest while it catches up. */
export function progressLine({ height, isCurrent, lagBlocks, lagSeconds, peers, roles }: NodeCondition): string {
  const running = roles.filter((role) => role.running).length;
  const lag = isCurrent ? 'current' : `catching up: ${lagText(lagBlocks, lagSeconds)}`;
  const reach = peers === null ? '' : ` · ${peers} ${peers === 1 ? 'connection' : 'connections'}`;
  return `height ${height} · ${lag}${reach} · ${running} of ${roles.length} roles running`;
}

/** What is behind, in blocks where somebody says how far the others are. */
export function lagText(blocks: number | null, seconds: number): string {
  const age = `the newest block here is ${duration(seconds)} old`;
  return blocks === null || blocks === 0 ? age : `${blocks} ${blocks === 1 ? 'block' : 'blocks'} behind, ${age}`;
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** All that a node says of itself, one thing a line. */
export function conditionLines(condition: NodeCondition): string[] {
  const { version, engine, height, isCurrent, lagBlocks, lagSeconds, peers, rule, nextRule, roles } = condition;
  const state = isCurrent
    ? `current; ${lagText(lagBlocks, lagSeconds)}`
    : `catching up: ${lagText(lagBlocks, lagSeconds)}`;
  return [
    ...fields([
      ['version', version],
      ['engine', engines[engine]],
      ['height', `${height}, ${state}`],
      ...(peers === null ? [] : [['connections', String(peers)] satisfies [string, string]]),
      ['rule', nextRule === null ? `${rule}; no other is voted` : `${rule}; ${ruleText(nextRule)}`],
    ]),
    ...roles.flatMap(roleLines),
  ];
}

const engines: Readonly<Record<NodeCondition['engine'], string>> = {
  embedded: 'embedded: this process makes the blocks',
  cometbft: 'CometBFT, with other validators',
  follow: 'follow: takes blocks of others and checks them',
};

function ruleText({ rule, height, isKnown }: NonNullable<NodeCondition['nextRule']>): string {
  const known = isKnown ? '' : ', which this version does not know: install a newer one before';
  return `rule ${rule} from block ${height} on${known}`;
}

function roleLines({ name, kind, index, running, hasKey, isLoading, hindrances }: RoleCondition): string[] {
  const place = index === null ? 'not registered' : `${kind} ${index}`;
  const reasons = hindrances.length === 0 ? ['Nothing keeps it from earning.'] : hindrances.map(withCure);
  const state = stateOf({ running, hasKey, isLoading });
  return [`${name} (${place}): ${state}.`, ...reasons.map((sentence) => `  ${sentence}`)];
}

/** How a role of a node is, in a few words. */
export function stateOf({
  running,
  hasKey,
  isLoading,
}: Pick<RoleCondition, 'running' | 'hasKey' | 'isLoading'>): string {
  if (isLoading) return 'loading its model';
  if (!running) return 'not running';
  return hasKey ? 'running' : 'running without its key';
}

/** A reason, and what to do about it. */
export const withCure = ({ sentence, cure }: Hindrance): string => (cure === null ? sentence : `${sentence} ${cure}`);
