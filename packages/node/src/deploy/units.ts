/** A node as the files that start it name it. */
export interface UnitNode {
  readonly name: string;
  readonly roles: readonly string[];
  /** Ports that others dial. */
  readonly openPorts: readonly number[];
  readonly apiPort: number;
  /** Whether it runs a CometBFT. */
  readonly hasComet: boolean;
}

/** Where the nodes of a machine lie there, what starts one, and what is set for all. */
const installed = {
  directory: '/var/lib/assay',
  program: '/usr/local/bin/assay',
  environment: '/etc/assay/environment',
} as const;

/** The systemd unit of a node. */
export function systemdUnit({ name, roles }: UnitNode): string {
  return `[Unit]
Description=Assay ${name} (${roles.join(', ') || 'makes blocks'})
Wants=network-online.target
After=network-online.target

[Service]
User=assay
ExecStart=${installed.program} run --data ${installed.directory}/${name}
Environment=ASSAY_HOME=${installed.directory}/home
EnvironmentFile=-${installed.environment}
Restart=on-failure
RestartSec=5
KillSignal=SIGINT
# Ended before it was up.
SuccessExitStatus=130
TimeoutStopSec=30
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=${installed.directory}

[Install]
WantedBy=multi-user.target
`;
}

/** What the operator of one machine does with its directory. */
export function hostReadme(
  host: { readonly name: string; readonly address: string },
  nodes: readonly UnitNode[],
  { chainId }: { readonly chainId: string },
): string {
  const first = `${installed.directory}/${nodes[0]?.name ?? 'NODE'}`;
  const open = nodes.flatMap(({ openPorts }) => openPorts);
  const rows = nodes.map(({ name, roles, apiPort, openPorts }) => {
    return `| ${name} | ${roles.join(', ') || 'makes blocks'} | ${apiPort} | ${openPorts.join(', ') || '–'} |`;
  });
  return `# ${host.name}

What this machine runs of the network ${chainId}. It is reached at ${host.address}.

| node | role | port of its API, on this machine only | ports that others dial |
|---|---|---|---|
${rows.join('\n')}

Each directory beside this file is the data directory of one node. Its \`keys.json\` holds the keys of that node and no
other; nobody else needs them. Keys of owners and of the foundation are not here.

1. Install Node.js 20 or newer, then the program: \`npm install --global --prefix /usr/local ./assay-<version>.tgz\`.
   \`${installed.program} --version\` shows it. The units start it there.
2. Make a user: \`useradd --system --home ${installed.directory} assay\`.
3. Copy this directory: \`cp -r . ${installed.directory} && chown -R assay: ${installed.directory}\`.
4. If the keys were made with a passphrase of yours, write \`ASSAY_PASSPHRASE=…\` into
   \`${installed.environment}\`, mode 600.${cometStep(nodes)}
5. Open these ports to the network: ${open.join(', ') || 'none; every node here only dials'}.
6. Look at the machine, as that user:
   \`runuser -u assay -- env ASSAY_HOME=${installed.directory}/home assay doctor --data ${first}\`; so for each node.
7. \`cp systemd/*.service /etc/systemd/system/ && systemctl daemon-reload\`, then
   \`systemctl enable --now ${nodes.map(({ name }) => `assay-${name}`).join(' ')}\`.
8. \`assay status --data ${installed.directory}/NODE\` says how far a node is, and why it does not earn if it does not.
`;
}

const cometStep = (nodes: readonly UnitNode[]) =>
  nodes.some(({ hasComet }) => hasComet)
    ? `
   A validator needs CometBFT 0.40.0: write \`ASSAY_COMETBFT=/path/of/cometbft\` there, or have Go 1.25 or newer, with
   which step 6 builds it.`
    : '';

/** All nodes of one machine as containers, on the machine's own network. */
export function composeFile(nodes: readonly (UnitNode & { readonly dir: string })[]): string {
  const services = nodes.map(
    ({ name, dir }) => `  ${name}:
    <<: *node
    command: ['/assay/program/bin/assay', 'run', '--data', '/data']
    depends_on: { program: { condition: service_completed_successfully } }
    volumes: ['./${dir}:/data', './home:/assay']
`,
  );
  const comet = nodes.some(({ hasComet }) => hasComet)
    ? `
# A validator needs CometBFT 0.40.0: put it at home/cometbft/cometbft-0.40.0.`
    : '';
  return `# ASSAY_PACKAGE=/path/of/assay-<version>.tgz docker compose up${comet}
x-node: &node
  image: node:24-bookworm-slim
  # The addresses in config.json are those of this machine.
  network_mode: host
  init: true
  restart: on-failure
  stop_signal: SIGINT
  stop_grace_period: 30s
  environment:
    ASSAY_HOME: /assay
    # What is set without it is the passphrase of networks for trials, which protects nothing.
    ASSAY_PASSPHRASE: \${ASSAY_PASSPHRASE:-assay-devnet}

services:
  # Installs the program for all others.
  program:
    <<: *node
    command: ['npm', 'install', '--global', '--prefix', '/assay/program', '--ignore-scripts', '/package.tgz']
    volumes: ['./home:/assay', '\${ASSAY_PACKAGE:?the path of the assay package}:/package.tgz:ro']

${services.join('\n')}`;
}
