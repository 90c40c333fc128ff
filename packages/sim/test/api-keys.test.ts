import { join } from 'node:path';
import { apiKeyOf } from '@assay/node/crypto/signers';
import { names } from '@assay/node/devnet/genesis';
import { followSessions, liveApiKey } from '@assay/node/host/follow-sessions';
import { ApiKeyFile } from '@assay/node/keys/api-keys';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { type ApiKeys, hashOfApiKey } from '@assay/roles/gateway/index';
import { describe, expect, it } from 'vitest';
import { startWorld } from './start.fixture.ts';

describe('an API key', () => {
  it('works once it is issued and is refused once it is revoked, without a restart of the gateway', async () => {
    const dir = await newDirectory();
    await ApiKeyFile.begin(join(dir, 'api-keys.json'));
    const file = new ApiKeyFile(join(dir, 'api-keys.json'));
    const net = await startWorld({ miners: 1, apiKeysOf: (parts) => followSessions({ ...parts, file }, () => {}) });
    const { gateway } = net;
    const signer = net.keys.account(names.session);
    const second = apiKeyOf(signer, net.session, 1);
    expect([gateway.knowsKey(net.apiKey), gateway.knowsKey(second)]).toEqual([true, false]);
    expect(await liveApiKey(file, net.session, signer)).toBe(net.apiKey);

    await file.write(file.list.issue(net.session).list);
    expect((await net.ask({}, second)).text).not.toBe('');
    const [reached] = net.chain.head().models;
    expect(gateway.models(second).map(({ id }) => id)).toEqual([reached?.name]);
    expect(gateway.models('unknown')).toEqual([]);
    const other = net.ask({ model: 'other' }, second);
    await expect(other).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('session') });
    await file.write(file.list.revoke(net.session, 0) ?? file.list);
    expect([gateway.knowsKey(net.apiKey), gateway.knowsKey(second)]).toEqual([false, true]);
    await expect(net.ask()).rejects.toMatchObject({ code: 'INVALID_API_KEY' });
    expect(await liveApiKey(file, net.session, signer)).toBe(second);

    await file.write(file.list.revoke(net.session, 1) ?? file.list);
    const third = await liveApiKey(file, net.session, signer);
    expect([third, gateway.knowsKey(third)]).toEqual([apiKeyOf(signer, net.session, 2), true]);
    // A session that is opened later comes with its first key.
    const later = await net.openSession(names.payer, {});
    expect(gateway.knowsKey(later)).toBe(true);
  });

  it('is refused once its session is closed', async () => {
    const dir = await newDirectory();
    await ApiKeyFile.begin(join(dir, 'api-keys.json'));
    const file = new ApiKeyFile(join(dir, 'api-keys.json'));
    const net = await startWorld({
      miners: 1,
      params: { epochBlocks: 8, receiptLifetimeBlocks: 8 },
      apiKeysOf: (parts) => followSessions({ ...parts, file }, () => {}),
    });
    const { height } = net.chain.head().globals;
    const brief = await net.openSession(names.payer, { expiryHeight: height + 16 });
    expect(net.gateway.knowsKey(brief)).toBe(true);
    await net.until(() => net.chain.head().sessions.at(net.session + 1).status === 'closed');
    expect([net.gateway.knowsKey(brief), net.gateway.knowsKey(net.apiKey)]).toEqual([false, true]);
  });

  it('is made once, however many sessions are opened after its own', async () => {
    const dir = await newDirectory();
    await ApiKeyFile.begin(join(dir, 'api-keys.json'));
    const file = new ApiKeyFile(join(dir, 'api-keys.json'));
    let keys: ApiKeys = new Map();
    const net = await startWorld({
      miners: 1,
      apiKeysOf: (parts) => {
        keys = followSessions({ ...parts, file }, () => {});
        return keys;
      },
    });
    const first = keys.get(hashOfApiKey(net.apiKey));
    expect(first).toBeDefined();
    const others = await net.openSessions(names.payer, [{}, {}]);
    for (const other of others) expect(keys.get(hashOfApiKey(other))?.session).not.toBe(net.session);
    expect(keys.get(hashOfApiKey(net.apiKey))).toBe(first);
  });
});
