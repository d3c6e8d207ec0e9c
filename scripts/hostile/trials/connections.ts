import { once } from 'node:events';
import {
  BROKEN_HTTP2,
  idleConnections,
  silentConnections,
} from '../../../src/test-support/attacks/connection-floods.js';
import { rawConnection, tcpConnection } from '../../../src/test-support/attacks/raw-connection.js';
import type { TrialGroup } from '../trial.js';

const HANDSHAKE = ['--limit', 'handshake=2s'];

export const connections: TrialGroup = {
  title: 'Connections',
  trials: [
    {
      name: '1,000 idle connections that answer PINGs',
      plain: true,
      run: ({ address }) => idleConnections(address, { connections: 990 }),
    },
    {
      name: '3,000 connections from one address, and one from another',
      run: async ({ address }) => {
        const flood = await silentConnections(address, { connections: 3000 });
        using other = await rawConnection(address, { localAddress: '127.0.0.2' });
        await other.roundTrip();
        if (other.socket.destroyed) throw new Error('the other address was refused');
        return flood;
      },
    },
    {
      name: '500 connections that send nothing are closed',
      args: HANDSHAKE,
      run: async ({ address }) => {
        const silent = await silentConnections(address, { connections: 500 });
        await Promise.all(silent.map((socket) => once(socket, 'close')));
      },
    },
    {
      name: '500 connections with a part of the preface are closed',
      args: HANDSHAKE,
      short: true,
      run: async ({ address }) => {
        const bytes = Buffer.from('PRI * HTTP/2.0\r\n');
        const silent = await silentConnections(address, { connections: 500, bytes });
        await Promise.all(silent.map((socket) => once(socket, 'close')));
      },
    },
    {
      name: '500 connections that break HTTP/2 are closed',
      plain: true,
      run: async ({ address }) => {
        const broken = await silentConnections(address, { connections: 500, bytes: BROKEN_HTTP2 });
        await Promise.all(
          broken.map(async (socket) => (socket.destroyed ? undefined : once(socket, 'close'))),
        );
      },
    },
    {
      name: '5,000 connections, one after the other',
      plain: true,
      run: async ({ address }) => {
        for (let count = 0; count < 5000; count += 1) {
          const socket = await tcpConnection(address);
          socket.destroy();
        }
      },
    },
    {
      name: '1,000 connections that are reset after their preface',
      run: async ({ address }) => {
        for (let count = 0; count < 1000; count += 1) {
          const { socket } = await rawConnection(address);
          socket.resetAndDestroy();
        }
      },
    },
    {
      name: '500 connections that begin TLS without TLS',
      args: HANDSHAKE,
      run: async ({ address }) => {
        const bytes = Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);
        const silent = await silentConnections(address, { connections: 500, bytes });
        await Promise.all(
          silent.map(async (socket) => (socket.destroyed ? undefined : once(socket, 'close'))),
        );
      },
    },
  ],
};
