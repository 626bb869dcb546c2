// A stand-in for BigQuery on 127.0.0.1, for tests:
//   node main.mjs [PORT [until-stdin-ends | KEY CERTIFICATE]]
// Prints "grpc_port N" and "port N" when it listens; with a key and a certificate both
// speak TLS. What it holds and what goes wrong is set below /__control/ (control.mjs).
import { readFileSync } from 'node:fs';
import { routes as aws } from './aws.mjs';
import { Faults } from './faults.mjs';
import { makeGrpcServer } from './grpc.mjs';
import { routes as insertAll } from './insertall.mjs';
import { routes as load } from './load.mjs';
import { methods as pubsubMethods, routes as pubsub } from './pubsub.mjs';
import { routes as query } from './query.mjs';
import { makeServer } from './rest.mjs';
import { routes as tables } from './tables.mjs';
import { routes as token } from './token.mjs';
import { routes as upload } from './upload.mjs';
import { World } from './world.mjs';
import { methods as write } from './write.mjs';

const [port = '0', third, certificate] = process.argv.slice(2);
const tls = certificate === undefined ? undefined : { key: readFileSync(third), cert: readFileSync(certificate) };
const world = new World();
const faults = new Faults();
const server = makeServer(world, [...token, ...aws, ...tables, ...upload, ...load, ...query, ...insertAll, ...pubsub], faults, tls);
const grpc = makeGrpcServer(world, { ...write, ...pubsubMethods }, faults, tls);
grpc.listen(0, '127.0.0.1', () => {
  console.log(`grpc_port ${grpc.address().port}`);
  server.listen(Number(port), '127.0.0.1', () => console.log(`port ${server.address().port}`));
});
if (third === 'until-stdin-ends') process.stdin.on('end', () => process.exit(0)).resume();
