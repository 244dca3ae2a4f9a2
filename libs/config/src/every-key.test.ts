import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { algorithmNames } from './ssh-algorithms.ts';

function load(text: string): Config {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'hatchery-config-'));
  const configFile = join(directory.path, 'hatchery.toml');
  writeFileSync(configFile, text);
  return loadConfig({ directory: '/checkout', configFile });
}

const algorithmDefaults = {
  kex: ['mlkem768x25519-sha256', 'curve25519-sha256', 'curve25519-sha256@libssh.org'],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  macs: [
    ...['256', '512'].map((bits) => `hmac-sha2-${bits}-etm@openssh.com`),
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
  hostKeys: algorithmNames('hostKeys', 'all'),
};

describe('loadConfig, with every key', () => {
  // Long: every key with its default.
  it('has a default for each', () => {
    const config = loadConfig({ directory: '/checkout' });
    assert.deepEqual(config, {
      stateDirectory: '/checkout/.hatchery',
      runtimeDirectory: '/checkout/.hatchery/run',
      hosting: {
        root: '/checkout/.hatchery/hosting',
        private: [],
        readOnly: false,
        fileReads: false,
        umask: null,
      },
      forker: {
        socket: '/checkout/.hatchery/run/forker.sock',
        socketMode: 0o660,
        childrenMax: 500,
        childrenPerUserMax: 50,
        poolSize: 2,
        fork: true,
        runAs: null,
        requestTimeoutS: 1,
        childConnectTimeoutS: 120,
        childrenTimeoutS: 300,
      },
      limits: {
        cpuS: 3600,
        addressSpaceBytes: config.limits.addressSpaceBytes,
        userMemoryBytes: config.limits.userMemoryBytes,
        openFiles: 1024,
        fileSizeBytes: 0,
      },
      ssh: {
        listen: { host: '127.0.0.1', port: 5022 },
        hostKeys: ['/checkout/.hatchery/ssh_host_ed25519_key'],
        workers: 1,
        usersDirectory: '/checkout/.hatchery/users',
        hostCertificates: [],
        userAuthorities: null,
        revokedKeys: null,
        keyLookup: {
          source: 'files',
          url: null,
          tokenFile: null,
          command: null,
          teamsCommand: null,
          timeoutS: 5,
          cacheS: 30,
          outageS: 900,
        },
        algorithms: algorithmDefaults,
        loginGraceS: 60,
        startupsMax: { start: 100, ratePercent: 30, full: 300 },
        sessionsPerUserMax: 50,
        startupsPerSourceMax: 100,
        limitExempt: [],
        idleTimeoutS: 0,
        proxyProtocol: 'off',
        proxyFrom: ['127.0.0.0/8', '::1/128'],
        statusListen: null,
        fallback: 'refuse',
      },
      dashboard: {
        listen: { host: '127.0.0.1', port: 5080 },
        auth: 'token',
        anonymous: 'none',
        origins: [],
        roles: { admins: [], operators: [], viewers: [] },
        proxy: {
          from: [],
          socket: null,
          userHeader: 'x-forwarded-user',
          groupsHeader: 'x-forwarded-groups',
        },
        oidc: {
          issuer: null,
          clientId: null,
          clientSecretFile: null,
          scopes: ['openid', 'profile'],
          userClaim: 'preferred_username',
          groupsClaim: 'groups',
        },
        metricsFrom: [],
        sessionS: 43_200,
        sessionRecheckS: 300,
      },
      locks: { directory: '/checkout/.hatchery/locks', mode: 0o600, orphanGraceS: 10 },
      log: { level: 'info', format: 'text' },
    });
  });

  // Long: every key in a file, and the value that it gives.
  it('reads each from a file', () => {
    const config = load(`
      state_dir = "/s"
      runtime_dir = "/r"
      hosting = { root = "/h", private = ["~alice/secret", "~reds"], read_only = true, file_reads = true, umask = "0022" }
      forker = { socket = "/f", socket_mode = "0600", max_children = 9, max_children_per_user = 8, request_timeout_s = 7, child_connect_timeout_s = 6, children_timeout_s = 5, pool_size = 4, fork = false, run_as = "hosting" }
      limits = { cpu_s = 1, address_space_bytes = 268435456, user_memory_bytes = 67108864, open_files = 64, file_size_bytes = 4 }
      ssh = { listen = "a:1", host_keys = ["/k"], workers = 3, users_dir = "/u", host_certificates = ["/hc"], user_ca_keys = "/ca", revoked_keys = "/rk", key_lookup = "http", key_lookup_url = "https://k/{user}", key_lookup_token_file = "/t", key_lookup_command = ["/c", "%u"], team_lookup_command = ["/d", "%u"], key_lookup_timeout_s = 3, key_lookup_cache_s = 4, key_lookup_outage_s = 5, kex_algorithms = "ecdh-sha2-nistp384", ciphers = "aes256-ctr", macs = "hmac-sha2-512", host_key_algorithms = "rsa-sha2-512", login_grace_s = 2, max_startups = "1:2:3", max_startups_per_source = 10, limit_exempt = ["192.0.2.0/24"], max_sessions_per_user = 1, idle_timeout_s = 9, proxy_protocol = "require", proxy_from = ["2001:db8::/32", "10.0.0.1"], status_listen = "[::1]:9", fallback = "spawn" }
      dashboard = { listen = "b:2", auth = "proxy", origins = ["https://h.example"], admins = ["root"], operators = ["group:ops"], viewers = ["anna"], proxy_from = ["10.0.0.1"], proxy_socket = "/p", proxy_user_header = "Remote-User", proxy_groups_header = "remote-groups", oidc_issuer = "https://i.example", oidc_client_id = "c", oidc_client_secret_file = "/c", oidc_scopes = ["openid", "groups"], oidc_user_claim = "sub", oidc_groups_claim = "roles", metrics_from = ["10.0.0.2"], session_s = 60, session_recheck_s = 1.5 }
      locks = { dir = "/l", mode = "0660", orphan_grace_s = 8 }
      log = { level = "debug", format = "json" }`);
    assert.deepEqual(config, {
      stateDirectory: '/s',
      runtimeDirectory: '/r',
      hosting: {
        root: '/h',
        private: ['~alice/secret', '~reds'],
        readOnly: true,
        fileReads: true,
        umask: 0o022,
      },
      forker: {
        socket: '/f',
        socketMode: 0o600,
        childrenMax: 9,
        childrenPerUserMax: 8,
        poolSize: 4,
        fork: false,
        runAs: 'hosting',
        requestTimeoutS: 7,
        childConnectTimeoutS: 6,
        childrenTimeoutS: 5,
      },
      limits: {
        cpuS: 1,
        addressSpaceBytes: 268_435_456,
        userMemoryBytes: 67_108_864,
        openFiles: 64,
        fileSizeBytes: 4,
      },
      ssh: {
        listen: { host: 'a', port: 1 },
        hostKeys: ['/k'],
        workers: 3,
        usersDirectory: '/u',
        hostCertificates: ['/hc'],
        userAuthorities: '/ca',
        revokedKeys: '/rk',
        keyLookup: {
          source: 'http',
          url: 'https://k/{user}',
          tokenFile: '/t',
          command: ['/c', '%u'],
          teamsCommand: ['/d', '%u'],
          timeoutS: 3,
          cacheS: 4,
          outageS: 5,
        },
        algorithms: {
          kex: ['ecdh-sha2-nistp384'],
          ciphers: ['aes256-ctr'],
          macs: ['hmac-sha2-512'],
          hostKeys: ['rsa-sha2-512'],
        },
        loginGraceS: 2,
        startupsMax: { start: 1, ratePercent: 2, full: 3 },
        sessionsPerUserMax: 1,
        startupsPerSourceMax: 10,
        limitExempt: ['192.0.2.0/24'],
        idleTimeoutS: 9,
        proxyProtocol: 'require',
        proxyFrom: ['2001:db8::/32', '10.0.0.1'],
        statusListen: { host: '::1', port: 9 },
        fallback: 'spawn',
      },
      dashboard: {
        listen: { host: 'b', port: 2 },
        auth: 'proxy',
        anonymous: 'none',
        origins: ['https://h.example'],
        roles: { admins: ['root'], operators: ['group:ops'], viewers: ['anna'] },
        proxy: {
          from: ['10.0.0.1'],
          socket: '/p',
          userHeader: 'remote-user',
          groupsHeader: 'remote-groups',
        },
        oidc: {
          issuer: 'https://i.example',
          clientId: 'c',
          clientSecretFile: '/c',
          scopes: ['openid', 'groups'],
          userClaim: 'sub',
          groupsClaim: 'roles',
        },
        metricsFrom: ['10.0.0.2'],
        sessionS: 60,
        sessionRecheckS: 1.5,
      },
      locks: { directory: '/l', mode: 0o660, orphanGraceS: 8 },
      log: { level: 'debug', format: 'json' },
    });
  });
});
