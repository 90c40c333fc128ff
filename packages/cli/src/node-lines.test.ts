import type { NodeCondition } from '@assay/client';
import { describe, expect, it } from 'vitest';
import { conditionLines, duration, progressLine } from './node-lines.ts';

const miner: NodeCondition['roles'][number] = {
  name: 'miner',
  kind: 'miner',
  address: 'assay1',
  running: true,
  hasKey: true,
  index: 3,
  isLoading: false,
  hindrances: [],
};
const condition: NodeCondition = {
  version: '1.2.3',
  engine: 'follow',
  height: 100,
  isCurrent: true,
  lagBlocks: 0,
  lagSeconds: 1,
  peers: 4,
  rule: 1,
  nextRule: null,
  roles: [miner],
};

describe('what a node says of itself', () => {
  it('is honest while it catches up, and when nobody says how far the others are', () => {
    expect(progressLine(condition)).toBe('height 100 · current · 4 connections · 1 of 1 roles running');
    const behind = { ...condition, isCurrent: false, lagBlocks: 1500, lagSeconds: 754, peers: 1 };
    expect(progressLine(behind)).toBe(
      'height 100 · catching up: 1500 blocks behind, the newest block here is 12 min 34 s old · ' +
        '1 connection · 1 of 1 roles running',
    );
    const alone = { ...behind, lagBlocks: 0 };
    expect(progressLine(alone)).toContain('catching up: the newest block here is 12 min 34 s old');
  });

  it('names what keeps a role from earning, the state of the role, and the rule to come', () => {
    const hindrances = [{ code: 'paused' as const, sentence: 'It is paused.', cure: 'Go on.' }];
    const held = { ...miner, index: null, running: false, hindrances };
    const nextRule = { rule: 2, height: 500, isKnown: false };
    const lines = conditionLines({ ...condition, roles: [miner, held], nextRule });
    expect(lines).toContain('miner (miner 3): running.');
    expect(lines).toContain('  Nothing keeps it from earning.');
    expect(lines.slice(-2)).toEqual(['miner (not registered): not running.', '  It is paused. Go on.']);
    expect(lines.find((line) => line.startsWith('rule'))).toContain('from block 500 on, which this version does not');
  });

  it('says time as a person does', () => {
    const said = [0, 59, 60, 3661, 86_400, 90_061].map((seconds) => duration(seconds));
    expect(said).toEqual(['0 s', '59 s', '1 min', '1 h 1 min', '1 d', '1 d 1 h']);
  });
});
