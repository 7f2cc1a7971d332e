// TransportHosting
