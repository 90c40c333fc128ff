import type { NodeCondition, RoleCondition } from '@assay/client';
import { hindrancesOf } from '@assay/explain/earning';
import { type LedgerView, rules } from '@assay/ledger';
import { addressText, type EngineInfo, type Ref } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes } from '@assay/ssz';
import type { RoleControl } from '../http/port.ts';
import { version } from '../version.ts';
import type { Workers } from './build-roles.ts';

/** A role that a node is to run, found on the chain by its operator. */
export interface OwnRole {
  readonly kind: RoleControl['kind'];
  readonly name: string;
  readonly operator: Uint8Array;
  /** Of a miner: the number of its worker. */
  readonly worker: number;
}

export interface ConditionParts {
  readonly chain: Chain;
  readonly engine: NodeCondition['engine'];
  /** Blocks behind those that are followed; null where nobody is. */
  readonly lagBlocks: () => number | null;
  /** Connections with others; null where all of the network is in this process. */
  readonly peers: () => number | null;
  readonly roles: readonly OwnRole[];
  /** Null while it is loaded. */
  readonly serving: () => Workers | null;
  readonly runtime: Pick<Runtime, 'nowMs'>;
}

/** How a node does; `running` are its roles, once there are any. */
export function conditionOf(parts: ConditionParts, running: readonly RoleControl[]): NodeCondition {
  const { chain, engine, lagBlocks, peers, roles, runtime } = parts;
  const head = chain.head();
  const { height, timeMs, rule, nextRule, nextRuleHeight } = head.globals;
  return {
    version,
    engine,
    height,
    isCurrent: chain.isCurrent(),
    lagBlocks: lagBlocks(),
    lagSeconds: Math.max(0, Math.floor((runtime.nowMs() - timeMs) / 1000)),
    peers: peers(),
    rule,
    nextRule: nextRule === 0 ? null : { rule: nextRule, height: nextRuleHeight, isKnown: nextRule <= rules.length },
    roles: roles.map((role) => roleCondition(head, role, { running, serving: parts.serving() })),
  };
}

function roleCondition(
  head: LedgerView,
  { kind, name, operator, worker }: OwnRole,
  { running, serving }: { readonly running: readonly RoleControl[]; readonly serving: Workers | null },
): RoleCondition {
  const index = indexOf(head, kind, operator);
  const engine = kind === 'miner' ? (serving?.workerOf(worker).engine ?? null) : null;
  const isLoading = kind === 'miner' && serving === null;
  const control = running.find((each) => each.name === name);
  const silent = { name, kind, address: addressText(operator), running: false, hasKey: true };
  return {
    ...(control ?? silent),
    index,
    isLoading,
    hindrances: hindrancesOf(head, { kind, index, operator, engine }),
  };
}

/** What a miner of this node serves with; null where another node runs it, or while its model is loaded. */
export function engineServed(
  { chain, roles, serving }: Pick<ConditionParts, 'chain' | 'roles' | 'serving'>,
  miner: Ref<'miners'>,
): EngineInfo | null {
  const head = chain.head();
  const own = roles.find(({ kind, operator }) => kind === 'miner' && head.minerOf(operator) === miner);
  return own === undefined ? null : (serving()?.workerOf(own.worker).engine ?? null);
}

/** Where the chain has the role of a kind that an account runs; null while it has none. */
export function indexOf(head: LedgerView, kind: OwnRole['kind'], operator: Uint8Array): number | null {
  if (kind === 'miner') return head.minerOf(operator) ?? null;
  const index = Array.from(head[`${kind}s`]).findIndex((row) => equalBytes(row.operator, operator));
  return index === -1 ? null : index;
}
