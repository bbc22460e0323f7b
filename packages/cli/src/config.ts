// The configuration file for programs: loading it loads no command.
export type { ConfigTls, ConfigTopology, DynsrvConfig, NotInFile } from './config/config-settings.ts'
export { CONFIG_NAMES } from './config/find-config.ts'
export { defineConfig, type LoadConfigOptions, type LoadedConfig, loadConfig } from './config/load-config.ts'
