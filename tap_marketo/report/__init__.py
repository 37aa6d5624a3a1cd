"""One page of HTML that shows the last sync; needs the extra `report`."""
