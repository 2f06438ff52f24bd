/** Takes the developer's own AWS away from tests. */
for (const variable of Object.keys(process.env)) {
  if (variable.startsWith('AWS_')) delete process.env[variable];
}
process.env.AWS_CONFIG_FILE = '/dev/null';
process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
process.env.AWS_EC2_METADATA_DISABLED = 'true';
