import type { Scope } from '../../directory/scopes.js';

/** The scope that each method of the directory needs. One that is missing here stops the start. */
export const directoryScopes: Readonly<Record<string, Scope>> = {
  '/personguide.PersonGuide/GetPhone': 'people:read',
  '/personguide.PersonGuide/ListPersons': 'people:read',
  '/personguide.PersonGuide/RoutePhones': 'people:read',
  '/personguide.PersonGuide/GetPerson': 'people:read',
  '/personguide.PersonGuide/BatchGetPersons': 'people:read',
  '/personguide.PersonGuide/QueryPersons': 'people:read',
  '/personguide.PersonGuide/SearchPersons': 'people:read',
  '/personguide.PersonGuide/WatchPersons': 'people:read',
  '/personguide.PersonGuide/RecordPersons': 'people:write',
  '/personguide.PersonGuide/CreatePerson': 'people:write',
  '/personguide.PersonGuide/UpdatePerson': 'people:write',
  '/personguide.PersonGuide/DeletePerson': 'people:write',
  '/personguide.PersonGuide/UndeletePerson': 'people:write',
  '/personguide.PersonGuide/ImportPersons': 'people:write',
  '/grpcUser.UserService/GetUser': 'users:read',
  '/grpcUser.UserService/FindUser': 'users:read',
  '/grpcUser.UserService/ListUsers': 'users:read',
  '/grpcUser.UserService/AddUser': 'users:write',
  '/grpcUser.UserService/UpdateUser': 'users:write',
  '/grpcUser.UserService/DeleteUser': 'users:write',
  '/personguide.admin.v1.AdminService/Backup': 'admin',
  '/personguide.admin.v1.KeyService/AddKey': 'admin',
  '/personguide.admin.v1.KeyService/ListKeys': 'admin',
  '/personguide.admin.v1.KeyService/RevokeKey': 'admin',
};
