import { describe, expect, it } from 'vitest';
import { diagnose, type MachineFacts } from './diagnose.ts';
import { isFit } from './finding.ts';

const model = {
  name: 'Small',
  license: 'Apache-2.0',
  sizeBytes: 100_000_000,
  isHere: false,
  path: null,
  problem: null,
};
const peer = (answerMs: number | null, port = 4020) => ({ address: `/ip4/203.0.113.7/tcp/${port}`, answerMs });
const well: MachineFacts = {
  nodeVersion: '24.1.0',
  dataDir: '/srv/assay',
  freeDiskBytes: 50e9,
  freeMemoryBytes: 8e9,
  model,
  takenPorts: [],
  peers: [peer(12), peer(40, 4021)],
  blockAgeMs: 700,
  blockTimeMs: 500,
  cometbft: null,
  cometPeers: null,
};
const findingOf = (change: Partial<MachineFacts>, check: string) => {
  const findings = diagnose({ ...well, ...change });
  const found = findings.find((finding) => finding.check === check);
  if (found === undefined) throw new Error(`nothing was said of ${check}`);
  return { ...found, isFit: isFit(findings) };
};

describe('what is looked at before a node runs §20.5', () => {
  it('is well with a machine that has room, peers and the time', () => {
    const findings = diagnose(well);
    expect(findings.map(({ check }) => check)).toEqual(['node', 'disk', 'memory', 'model', 'ports', 'peers', 'clock']);
    expect(findings.filter(({ result, cure }) => result !== 'ok' || cure !== null)).toEqual([]);
    expect(findings[3]?.text).toBe('Small (Apache-2.0); it will be fetched.');
  });

  it.each<[string, Partial<MachineFacts>, string, string]>([
    ['node', { nodeVersion: '22.9.0' }, '22.9.0 is too old', 'Install Node.js 24'],
    ['disk', { freeDiskBytes: 1.05e9 }, '1.1 GB free', '--data'],
    ['memory', { freeMemoryBytes: 0.5e9 }, '0.5 GB of memory free', '--model'],
    ['model', { model: { ...model, problem: 'No file is like it.' } }, 'No file is like it.', '--upstream URL'],
    ['ports', { takenPorts: ['/ip4/0.0.0.0/tcp/4020'] }, '/ip4/0.0.0.0/tcp/4020', 'config.json'],
    ['peers', { peers: [peer(null)] }, 'No peer answers', 'new invitation'],
    ['clock', { blockAgeMs: -5000 }, '5.0 s behind', 'NTP'],
    ['cometbft', { cometbft: { problem: 'There is no Go.' } }, 'There is no Go.', 'every other role does without'],
    ['validators', { cometPeers: [] }, 'nobody to make blocks with', '--comet-peer ID@HOST:PORT'],
  ])('names a cure where %s fails', (check, change, text, cure) => {
    const found = findingOf(change, check);
    expect([found.result, found.isFit]).toEqual(['failed', false]);
    expect(found.text).toContain(text);
    expect(found.cure).toContain(cure);
  });

  it.each<[string, Partial<MachineFacts>, string]>([
    ['disk', { freeDiskBytes: 2e9 }, 'A chain grows'],
    ['peers', { peers: [peer(3), peer(null, 4021)] }, 'Silent: /ip4/203.0.113.7/tcp/4021'],
    ['clock', { blockAgeMs: 60_000 }, 'the network stands still'],
  ])('warns of %s, and goes on', (check, change, text) => {
    const found = findingOf(change, check);
    expect([found.result, found.isFit]).toEqual(['warning', true]);
    expect(found.text).toContain(text);
  });

  it('asks for no disk for a model that is here, and says nothing of what a role does not need', () => {
    expect(findingOf({ freeDiskBytes: 1.05e9, model: { ...model, isHere: true } }, 'disk').result).toBe('warning');
    const checks = diagnose({ ...well, model: null, peers: [], blockAgeMs: null }).map(({ check }) => check);
    expect(checks).toEqual(['node', 'disk', 'memory', 'ports']);
  });
});
