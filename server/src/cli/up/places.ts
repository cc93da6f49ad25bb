import { join } from 'node:path';
import type { Config } from '../../platform/config/config.ts';
import { settings } from '../../platform/config/settings.ts';
import { startNoteEnvironment } from '../../platform/processes/start-note.ts';
import type { Supervised } from '../../platform/processes/supervise.ts';

export type RoleName = 'server' | 'gateway';

/** A role as `up` looks after it. */
export interface Role extends Supervised {
  readonly name: RoleName;
  /** Where it says how its start went. */
  readonly noteFile: string;
}

/** Where `up` keeps its files in a data folder. */
export function upPlaces(dataDir: string) {
  return {
    lock: join(dataDir, 'processes', 'up.lock'),
    note: join(dataDir, 'processes', 'up.start.json'),
    log: join(dataDir, 'logs', 'up.log'),
    logs: join(dataDir, 'logs'),
    stateFile: (role: RoleName) => join(dataDir, 'processes', `${role}.json`),
    noteFile: (role: RoleName) => join(dataDir, 'processes', `${role}.start.json`),
    logFile: (role: RoleName) => join(dataDir, 'logs', `${role}.log`),
  };
}

/** A module of this package as a command of this very Node.js, run as source or as built. */
export function nodeCommand(module: string): { command: string; args: readonly string[] } {
  const conditions = module.endsWith('.ts') ? ['-C', '@bucle/source'] : [];
  return { command: process.execPath, args: [...conditions, module] };
}

export function describeRole(name: RoleName, main: string, config: Config, env: NodeJS.ProcessEnv): Role {
  const places = upPlaces(config.dataDir);
  const { command, args } = nodeCommand(main);
  const noteFile = places.noteFile(name);
  return {
    name,
    command,
    args: [...args, name],
    cwd: config.dataDir,
    env: { ...env, ...startNoteEnvironment(noteFile) },
    stateFile: places.stateFile(name),
    noteFile,
    logFile: places.logFile(name),
  };
}

/** The settings of a command line as environment, over the one that was inherited. */
export function settingsEnvironment(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  return {
    ...env,
    [settings.data.env]: config.dataDir,
    [settings.host.env]: config.host,
    [settings.port.env]: String(config.port),
    [settings.gatewayPort.env]: String(config.gatewayPort),
    [settings.insecure.env]: String(config.insecure),
    [settings.allowedHosts.env]: config.allowedHosts.join(','),
    [settings.corsOrigins.env]: config.corsOrigins.join(','),
    [settings.frameOptions.env]: config.frameOptions,
    [settings.frontDoor.env]: String(config.frontDoor),
    [settings.staticPrefix.env]: config.staticPrefix,
    [settings.requireTokens.env]: String(config.requireTokens),
    [settings.logLevel.env]: config.logLevel,
    [settings.serveArtifacts.env]: String(config.artifacts.serve),
    [settings.artifactsOnly.env]: String(config.artifacts.only),
    [settings.defaultArtifactRoot.env]: config.artifacts.defaultRoot,
    ...databaseEnvironment(config),
    ...blobEnvironment(config),
  };
}

// The roles work in another folder: so paths are absolute in what they are told.
function databaseEnvironment({ database, dataDir }: Config): NodeJS.ProcessEnv {
  const isUsual = database.kind === 'sqlite' && database.path === join(dataDir, 'bucle.db');
  const url = database.kind === 'sqlite' ? `sqlite:///${database.path}` : database.url;
  return { [settings.databaseUrl.env]: isUsual ? '' : url };
}

function blobEnvironment({ blobs }: Config): NodeJS.ProcessEnv {
  if (blobs.kind === 'disk') return { [settings.artifactsDestination.env]: blobs.artifacts ?? '' };
  const { bucket, artifacts } = blobs;
  return {
    [settings.artifactsDestination.env]: artifacts === undefined ? '' : `s3://${bucket}/${artifacts}`,
    [settings.s3Bucket.env]: bucket,
    [settings.s3Region.env]: blobs.region,
    [settings.s3AccessKeyId.env]: blobs.accessKeyId,
    [settings.s3SecretAccessKey.env]: blobs.secretAccessKey,
    [settings.s3Endpoint.env]: blobs.endpoint ?? '',
    [settings.s3Prefix.env]: blobs.prefix,
  };
}

/**
 * The same for siblings on one machine: they find each other at the ports above, and the gateway by the file of its
 * token, whatever this shell says about another server.
 */
export function siblingEnvironment(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const { BUCLE_URL: _url, BUCLE_TOKEN: _token, ...rest } = settingsEnvironment(config, env);
  return rest;
}
