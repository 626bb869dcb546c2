// Starts the stand-in as a program of its own, and speaks to its control side.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../standin/main.mjs', import.meta.url));

export async function startStandin() {
  const child = spawn(process.execPath, [main, '0', 'until-stdin-ends'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [, grpcPort, port] = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', part => {
      said += part;
      const found = /^grpc_port (\d+)\nport (\d+)$/m.exec(said);
      if (found !== null) resolve(found);
    });
    child.on('exit', () => reject(new Error(`the stand-in ended: ${said}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url, grpcPort: Number(grpcPort),
    stop: () => child.kill(),
    state: async () => (await fetch(`${url}/__control/state`)).json(),
    control: async (name, value = {}) => {
      const answer = await fetch(`${url}/__control/${name}`, { method: 'POST', body: JSON.stringify(value) });
      if (answer.status !== 200) throw new Error(`control ${name}: ${await answer.text()}`);
    },
  };
}
