import { EngineInfo } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { devnetParams } from '../devnet/genesis.ts';
import { diagnoseWork, type WorkAsked, type WorkFacts } from './diagnose-work.ts';

const engine: EngineInfo = { ...EngineInfo.defaultValue(), name: 'llama.cpp', build: '7', backend: 'cpu x64 avx2' };
const well: WorkFacts = {
  engine,
  gpus: [],
  fileHash: 'aa'.repeat(32),
  speed: { readPerSecond: 900, writtenPerSecond: 40, firstMs: 400 },
};
const { deadlines } = devnetParams;
const asked: WorkAsked = { upstreamUrl: null, modelHashes: ['bb'.repeat(32), 'aa'.repeat(32)], deadlines };
const findingOf = (check: string, facts: Partial<WorkFacts> = {}, ask: Partial<WorkAsked> = {}) => {
  const found = diagnoseWork({ ...well, ...facts }, { ...asked, ...ask }).find((each) => each.check === check);
  if (found === undefined) throw new Error(`nothing was said of ${check}`);
  return found;
};

describe('what the work of a machine is worth §20.5', () => {
  it('is well where the engine is the common one, the file the registered one, and both are in time', () => {
    const findings = diagnoseWork(well, asked);
    expect(findings.map(({ check, result }) => [check, result])).toEqual([
      ['engine', 'ok'],
      ['gpu', 'ok'],
      ['file', 'ok'],
      ['speed', 'ok'],
    ]);
    expect(findings.every(({ cure }) => cure === null)).toBe(true);
    expect(findings[3]?.text).toContain('It reads 900 and writes 40.0 tokens a second');
  });

  it.each<[string, string, Partial<WorkFacts>, string, string]>([
    ['engine', 'failed', { engine: { problem: 'No library.' } }, 'does not start: No library.', 'npm ci'],
    ['engine', 'warning', { engine: { ...engine, backend: 'cpu arm64' } }, 'not paid', 'assay calibrate'],
    ['file', 'failed', { fileHash: 'cc'.repeat(32) }, 'answers fail audits', 'assay models pull'],
    ['file', 'warning', { fileHash: { problem: 'it is large' } }, 'not compared: it is large', 'assay list models'],
    ['speed', 'warning', { speed: { problem: 'it took long' } }, 'not known: it took long', '--upstream URL'],
    [
      'speed',
      'warning',
      { speed: { readPerSecond: 9, writtenPerSecond: 1000 / (deadlines.generationPerTokenMs + 1), firstMs: 1 } },
      'too slow',
      'smaller model',
    ],
    [
      'speed',
      'warning',
      { speed: { readPerSecond: 9, writtenPerSecond: 40, firstMs: deadlines.firstTokenMs + 1 } },
      'too slow',
      'smaller model',
    ],
  ])('names a cure where the %s is a %s', (check, result, facts, text, cure) => {
    const found = findingOf(check, facts);
    expect(found.result).toBe(result);
    expect(found.text).toContain(text);
    expect(found.cure).toContain(cure);
  });

  it('says who computes, and never fails for want of a card or a network', () => {
    const gpus = ['NVIDIA H200, driver 570.1, 143771 MiB'];
    expect(findingOf('gpu', { gpus }).text).toContain('a server serves with it: --upstream URL');
    const upstreamUrl = 'http://127.0.0.1:8080/v1';
    expect(findingOf('gpu', { gpus }, { upstreamUrl }).text).toContain(`A server at ${upstreamUrl} computes.`);
    expect(findingOf('engine', {}, { upstreamUrl }).text).toContain('paid where a noise profile names it');
    const alone = diagnoseWork({ ...well, gpus }, { upstreamUrl: null, modelHashes: null, deadlines: null });
    expect(alone.map(({ result }) => result)).toEqual(['ok', 'ok', 'ok', 'ok']);
    const quick = diagnoseWork({ ...well, fileHash: null, speed: null }, asked);
    expect(quick.map(({ check }) => check)).toEqual(['engine', 'gpu']);
  });
});
