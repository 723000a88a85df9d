DROP INDEX attempts_by_name;
DROP TABLE device_requests;
