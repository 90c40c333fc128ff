import { honest, World } from '@assay/ledger/fixture';
import { limits } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { AuditLag } from './audit-lag.ts';

const codeOf = (lag: AuditLag): string => {
  try {
    lag.requireRoom();
    return 'OK';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('admission while audits lag §14.5', () => {
  it('ends when more tasks wait than the validators decided lately, and comes back when they did', () => {
    const audit = { openTokensPerValidator: limits.minAuditTokens, commitBlocks: 100, newMinerTasks: 100 };
    const world = new World({ audit }).populate();
    const lag = new AuditLag();
    expect(codeOf(lag)).toBe('OK');
    const receipts = Array.from({ length: 16 }, () => world.receipt());
    world.certify(...receipts.slice(0, 4));
    const look = () => {
      lag.note(world.block(), world.state);
      return codeOf(lag);
    };
    // Two of four are open, with two auditors each.
    expect(look()).toBe('OK');
    world.certify(...receipts.slice(4));
    expect(look()).toBe('TOO_MANY_REQUESTS');
    for (const { taskId } of receipts.slice(0, 4)) {
      const pairs = world.auditorsOf(taskId).map((validator) => world.auditPair(validator, taskId, honest));
      lag.note(world.block(...pairs.map((pair) => pair.commit())), world.state);
      lag.note(world.block(...pairs.map((pair) => pair.reveal())), world.state);
    }
    expect(look()).toBe('TOO_MANY_REQUESTS');
    for (const { taskId } of receipts.slice(4, 8)) {
      const pairs = world.auditorsOf(taskId).map((validator) => world.auditPair(validator, taskId, honest));
      lag.note(world.block(...pairs.map((pair) => pair.commit())), world.state);
      lag.note(world.block(...pairs.map((pair) => pair.reveal())), world.state);
    }
    expect(look()).toBe('OK');
  });

  it('does not hold a burst against a network whose audits keep up', () => {
    const world = new World({ audit: { openTokensPerValidator: limits.minAuditTokens } }).populate();
    const lag = new AuditLag();
    world.block(world.batchTx({ receipts: Array.from({ length: 50 }, () => world.receipt()) }));
    lag.note(world.block(), world.state);
    expect(world.state.tasks.length).toBe(50);
    expect(codeOf(lag)).toBe('OK');
  });

  it('forgets what was decided long ago', () => {
    const world = new World({
      audit: { openTokensPerValidator: limits.minAuditTokens, commitBlocks: 1000 },
    }).populate();
    const lag = new AuditLag();
    const many = Array.from(
      { length: 100 },
      () => ({ type: 'taskApproved', taskId: new Uint8Array(32), audited: true }) as const,
    );
    lag.note({ events: many }, world.state);
    world.certify(...Array.from({ length: 9 }, () => world.receipt()));
    lag.note(world.block(), world.state);
    expect(codeOf(lag)).toBe('OK');
    for (let i = 0; i < limits.auditLagBlocks; i++) lag.note(world.block(), world.state);
    expect(codeOf(lag)).toBe('TOO_MANY_REQUESTS');
  });
});
